import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  const refused = http.get('http://127.0.0.1:1/');
  console.log(refused.status, refused.error_code, refused.error, refused.body);
  const late = http.get(`${base}/slow`, { timeout: 50 });
  console.log(late.status, late.error_code, late.error);
  console.log(http.get(`${base}/slow`, { timeout: '5s' }).body);
  const bad = http.get('http://:/');
  console.log(bad.status, bad.error_code);
  console.log(http.get(`${base}/close`).error_code);
  try { http.get('http://127.0.0.1:1/', { throw: true }); } catch (e) { console.log(e.name + ': ' + e.message); }
  const res = http.get(`${base}/broken-json`);
  try { res.json(); } catch (e) { console.log(e.name + ': ' + e.message); }
}
