import http, { post, del } from 'k6/http';

const echo = `${__ENV.SERVER}/echo`;

export default function () {
  const show = (res) => console.log(res.body);
  show(http.get(echo, { headers: { 'x-b': '2', 'X-A': '1' } }));
  show(post(echo, JSON.stringify({ a: 1 }), { headers: { 'Content-Type': 'application/json' } }));
  show(http.post(echo, { name: 'a b', list: [1, 2], empty: null, ümlaut: '&' }));
  show(http.put(echo, new Uint8Array([104, 105])));
  show(http.patch(echo, new Uint8Array([104, 105]).buffer));
  show(http.post(echo));
  show(del(echo));
  show(http.options(echo));
  show(http.request('PURGE', echo, 'body'));
  console.log(http.head(echo).status, http.head(echo).body);
}
