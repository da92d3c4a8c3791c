// Each request has its samples; the refusals that belong to the scheme are expected.
import http from 'k6/http';

const at = (path) => __ENV.SERVER.replace('http://', 'http://PRIDE%5CMufasa:Circle%20of%20Life@') + path;
const digest = (path) => at(path).replace('PRIDE%5C', '');

export const options = {
  thresholds: {
    'http_reqs{name:digest}': ['count==2'],
    'http_reqs{name:digest,status:401,expected_response:true}': ['count==1'],
    'http_reqs{name:ntlm}': ['count==4'],
    'http_req_failed{name:ntlm}': ['rate==0'],
    'http_req_failed{name:refused}': ['rate==0.5'],
  },
};

export default function () {
  console.log(http.get(digest('/digest/MD5'), { auth: 'digest', tags: { name: 'digest' } }).status);
  console.log(http.get(at('/ntlm'), { auth: 'ntlm', tags: { name: 'ntlm' } }).status);
  console.log(http.get(at('/ntlm'), { auth: 'ntlm', tags: { name: 'ntlm' } }).status);
  console.log(http.get(at('/digest/MD5'), { auth: 'digest', tags: { name: 'refused' } }).status);
}
