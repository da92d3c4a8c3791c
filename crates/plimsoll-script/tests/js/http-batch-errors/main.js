import http from 'k6/http';

const base = __ENV.SERVER;
const shown = (res) => `${res.status} ${res.error_code} ${res.error} ${JSON.stringify(res.body)}`;

export default function () {
  for (const wrong of [undefined, null, 5, 'text', () => 0, [5], [['GET']], [{ method: 'GET' }], [null]]) {
    try { http.batch(wrong); } catch (e) { console.log(e.name, e.message); }
  }
  console.log('one that cannot be made keeps all from being sent');
  const list = http.batch([`${base}/echo`, ['POST', `${base}/echo`, 42], 'http://[::1']);
  list.forEach((res) => console.log(shown(res)));
  const named = http.batch({ good: `${base}/echo`, bad: { url: base, params: { timeout: 'soon' } } });
  for (const name in named) console.log(name, shown(named[name]));
  console.log('failures of others do not matter');
  const mixed = http.batch([`${base}/close`, `${base}/echo`, 'http://127.0.0.1:1/']);
  console.log(mixed.map((res) => res.error_code));
  console.log('unless throw is on');
  try { http.batch([`${base}/echo`, ['GET', `${base}/close`, null, { throw: true }]]); } catch (e) { console.log(e.message); }
}
