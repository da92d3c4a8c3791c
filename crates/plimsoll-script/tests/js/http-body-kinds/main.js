import http from 'k6/http';

const echo = `${__ENV.SERVER}/echo`;
const shown = (res) => console.log(res.status, JSON.stringify(res.status ? res.body : res.error));

export default function () {
  shown(http.post(echo, ''));
  shown(http.post(echo, {}));
  shown(http.post(echo, undefined));
  shown(http.post(echo, new ArrayBuffer(0)));
  shown(http.post(echo, new Uint8Array([1, 104, 105, 2]).subarray(1, 3)));
  shown(http.post(echo, new DataView(new ArrayBuffer(2))));
  shown(http.post(echo, { nested: { a: 1 }, yes: true, n: 1.5 }));
  shown(http.post(echo, 'half a pair \ud83d'));
  for (const body of [5, true, Symbol.iterator, new Uint16Array(1), new Float64Array(1), new Int8Array(1), 10n]) {
    shown(http.post(echo, body));
  }
  try { http.post(echo, 5, { throw: true }); } catch (e) { console.log(e.name, e.message); }
  shown(http.post(echo, 'abc', { headers: { 'Content-Length': '99' } }));
  shown(http.post(echo, 'abc', { headers: { 'content-length': '3' } }));
}
