import http from 'k6/http';

const base = __ENV.SERVER;
const cookies = (res) => (/Cookie: (.*)/.exec(res.body) || [])[1];

export default function () {
  http.get(`${base}/set-cookie?a=jar; Path=/`);
  http.get(`${base}/set-cookie?b=jar; Path=/`);
  const both = http.get(`${base}/echo`, { cookies: { a: 'own' } });
  console.log(cookies(both));
  console.log(JSON.stringify(both.request.cookies));
  const replaced = http.get(`${base}/echo`, { cookies: { a: { value: 'own', replace: true }, c: { value: 'x' }, d: {} } });
  console.log(cookies(replaced));
  console.log(JSON.stringify(replaced.request.cookies));
  console.log(http.cookieJar().cookiesForURL(base).a);
  console.log(cookies(http.get(`${base}/redirect/1`, { cookies: { mine: 'resent' } })));
  console.log(http.get(base, { cookies: 'a=b' }).error);
}
