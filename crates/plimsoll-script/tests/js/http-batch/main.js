import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  const list = http.batch([
    `${base}/echo`,
    ['POST', `${base}/echo`, 'body', { headers: { 'X-A': '1' } }],
    { method: 'get', url: `${base}/echo?object`, body: 'left out' },
    { method: 'put', url: `${base}/echo`, body: { a: 1 } },
    { url: `${base}/status/404` },
    http.url`${base}/echo?${7}`,
    ['purge', `${base}/echo`],
  ]);
  console.log(Array.isArray(list), list.length);
  for (const res of list) console.log(res.status, res.body);
  const named = http.batch({ first: `${base}/json`, second: ['GET', `${base}/cookie`] });
  console.log(Object.keys(named), named.first.json('data.1.id'), named.second.cookies.id[0].value);
  console.log(http.batch([]), http.batch({}));
}
