import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  console.log(http.get(`${base}/binary`).body.length);
  const bytes = http.get(`${base}/binary`, { responseType: 'binary' }).body;
  console.log(bytes instanceof ArrayBuffer, new Uint8Array(bytes).join(','));
  console.log(http.get(`${base}/json`, { responseType: 'none' }).body);
  const named = http.get(http.url`${base}/json?id=${7}`);
  console.log(named.status);
  console.log(http.get(`${base}/status/404`, { responseCallback: http.expectedStatuses(404, { min: 500, max: 503 }) }).status);
  http.setResponseCallback(http.expectedStatuses(200));
  console.log(http.TLS_1_3);
}
