import http from 'k6/http';

const at = (path, who = 'Mufasa:Circle%20of%20Life') => __ENV.SERVER.replace('http://', `http://${who}@`) + path;

export default function () {
  for (const algorithm of ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'MD5-without-qop']) {
    const res = http.get(at(`/digest/${algorithm}?a=b`), { auth: 'digest' });
    console.log(algorithm, res.status, res.body);
  }
  console.log(http.post(at('/digest/MD5'), 'body', { auth: 'digest' }).body);
  const wrong = http.get(at('/digest/MD5', 'Mufasa:wrong'), { auth: 'digest' });
  console.log(wrong.status, wrong.body);
  console.log(http.get(at('/digest/unknown'), { auth: 'digest' }).status);
  console.log(http.get(`${__ENV.SERVER}/digest/MD5`, { auth: 'digest' }).status);
  console.log(http.get(at('/echo'), { auth: 'digest' }).status);
}
