import http from 'k6/http';

const at = (path, who) => __ENV.SERVER.replace('http://', `http://${who}@`) + path;
const quiet = (text) => text.replace(/:\d{4,5}/, ':PORT');

export default function () {
  console.log(http.get(at('/basic', 'Mufasa:Circle%20of%20Life')).body);
  console.log(http.get(at('/basic', 'Mufasa:Circle%20of%20Life'), { auth: 'basic' }).body);
  const res = http.get(at('/basic', 'Scar:x'));
  console.log(res.status, res.body, quiet(res.url));
  const own = http.get(at('/basic', 'Scar:x'), { headers: { Authorization: 'Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl' } });
  console.log(own.status);
  console.log(http.get(`${__ENV.SERVER}/basic`, { auth: 'kerberos' }).error);
}
