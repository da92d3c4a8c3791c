import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  const res = http.get(`${base}/json`);
  console.log(res.status, res.status_text, res.proto, res.error, res.error_code, res.url === `${base}/json`);
  console.log(res.body);
  console.log(res.headers);
  console.log(res.headers['X-Two'], res.json().ok, res.json('data.1.id'), res.json('data.#'), res.json('data.#.id'), res.json('no.such'));
  console.log(Object.keys(res).join(' '));
  console.log('status' in res, 'nothing' in res, res.nothing, typeof res.json, Object.keys({ ...res }).length);
  console.log(JSON.parse(JSON.stringify(res)).status);
  const t = res.timings;
  console.log(Object.keys(t).join(' '), Math.abs(t.duration - (t.sending + t.waiting + t.receiving)) < 1e-6, t.duration > 0);
  console.log(res.remote_ip, res.remote_port > 0, res.tls_version === '');
  console.log(res.request.method, res.request.url === `${base}/json`);
  res.body = 'replaced';
  console.log(res.body);
  console.log(http.get(`${base}/empty`).body, http.get(`${base}/status/404`).error_code, http.get(`${base}/status/503`).error_code);
}
