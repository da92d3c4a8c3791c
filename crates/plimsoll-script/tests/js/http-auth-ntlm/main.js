import http from 'k6/http';

const at = (who) => __ENV.SERVER.replace('http://', `http://${who}@`) + '/ntlm';
export const options = { noVUConnectionReuse: true, iterations: 2 };

export default function () {
  const res = http.post(at('PRIDE%5CMufasa:Circle%20of%20Life'), 'body', { auth: 'ntlm' });
  console.log(res.status, res.body);
  console.log('known on this connection', http.get(at('PRIDE%5CMufasa:x'), { auth: 'ntlm' }).status);
  const strangers = http.batch([
    ['GET', at('PRIDE%5CMufasa:Circle%20of%20Life'), null, { auth: 'ntlm' }],
    ['GET', at('PRIDE%5CMufasa:Circle%20of%20Life'), null, { auth: 'ntlm' }],
    ['GET', at('PRIDE%5CMufasa:wrong'), null, { auth: 'ntlm' }],
  ]);
  console.log(strangers.map((each) => each.status).slice(0, 2));
}
