// What is wrong with the arguments gives a response, and no samples.
import http from 'k6/http';

const base = __ENV.SERVER;
export const options = { thresholds: { http_reqs: ['count==1'] } };

export default function () {
  for (const params of [
    5, 'text', { timeout: 'soon' }, { timeout: -1 }, { redirects: 'many' }, { responseType: 'xml' }, { headers: 5 },
    { cookies: true }, { tags: { a: {} } }, { tags: 5 }, { auth: 'x' }, { jar: 5 }, { responseCallback: () => true },
    { compression: 'lzw' },
  ]) {
    const res = http.post(base, 'body', params);
    console.log(res.status, res.error_code, res.error, JSON.stringify(res.body), res.request);
  }
  try { http.get(base, { timeout: 'soon', throw: true }); } catch (e) { console.log(e.name, e.message); }
  try { http.get(base, { get timeout() { throw new Error('of the script'); } }); } catch (e) { console.log(e.message); }
  console.log(http.get(base, { unknown: 1, headers: null, tags: undefined, timeout: null }).status);
}
