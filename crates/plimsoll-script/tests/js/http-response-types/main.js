import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  const binary = http.get(`${base}/binary`, { responseType: 'binary' });
  console.log(binary.body instanceof ArrayBuffer, [...new Uint8Array(binary.body)]);
  console.log(JSON.stringify(http.get(`${base}/binary`).body), http.get(`${base}/binary`, { responseType: 'none' }).body);
  console.log(http.get(`${base}/chunked`).body, http.get(`${base}/empty`).body);
  console.log(http.get(`${base}/broken-http`).error_code);
}
