import http from 'k6/http';

export const options = { iterations: 2, noCookiesReset: true };

export default function () {
  console.log(http.cookieJar().cookiesForURL('http://a.test/'));
  http.cookieJar().set('http://a.test/', 'iteration', `${__ITER}`);
}
