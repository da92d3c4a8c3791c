import http from 'k6/http';

const base = __ENV.SERVER;

export default function () {
  const res = http.post(`${base}/redirect`, 'body');
  console.log(res.status, res.url, res.body);
  const stopped = http.get(`${base}/redirect`, { redirects: 0 });
  console.log(stopped.status, stopped.headers.Location, stopped.cookies.hop[0].value);
  console.log(http.get(`${base}/loop`, { redirects: 3 }).status);
}
