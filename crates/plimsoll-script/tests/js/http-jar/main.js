import http, { CookieJar } from 'k6/http';

const base = __ENV.SERVER;
const cookies = (res) => (/Cookie: (.*)/.exec(res.body) || [])[1];

export default function () {
  const jar = new CookieJar();
  console.log(jar instanceof CookieJar, jar instanceof http.CookieJar, http.cookieJar() instanceof CookieJar);
  console.log(jar.set(`${base}/`, 'own', '1'), jar.set(`${base}/`, 'deep', '2', { path: '/echo' }));
  console.log(jar.cookiesForURL(`${base}/echo`), jar.cookiesForURL(`${base}/`), jar.cookiesForURL('http://other.test'));
  console.log(cookies(http.get(`${base}/echo`, { jar })), cookies(http.get(`${base}/echo`)));
  http.get(`${base}/cookie`, { jar });
  console.log(jar.cookiesForURL(base), http.cookieJar().cookiesForURL(base));
  jar.delete(`${base}/echo`, 'own');
  console.log(jar.cookiesForURL(`${base}/echo`));
  jar.clear(`${base}/echo`);
  console.log(jar.cookiesForURL(`${base}/echo`));
  const vu = http.cookieJar();
  vu.set(base, 'vu', 'x');
  console.log(cookies(http.get(`${base}/redirect`)));
  console.log(vu.cookiesForURL(base));
}
