import http from 'k6/http';

const base = __ENV.SERVER;
export const options = { iterations: 2, vus: 1 };

export default function () {
  const cookie = http.get(`${base}/cookie`).cookies.id[0];
  console.log(cookie.name, cookie.value, cookie.path, cookie.http_only, cookie.secure, cookie.max_age);
  console.log(http.get(`${base}/echo`).body);
  console.log(http.get(`${base}/echo`, { cookies: { mine: 'yes' }, headers: { Cookie: 'own=1' } }).body);
}
