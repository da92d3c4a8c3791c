// The VU's jar is for one iteration; one that the script keeps, keeps its cookies.
import http from 'k6/http';

export const options = { iterations: 2 };
let kept;

export default function () {
  console.log(http.cookieJar().cookiesForURL('http://a.test/'), kept && kept.cookiesForURL('http://a.test/'));
  http.cookieJar().set('http://a.test/', 'iteration', `${__ITER}`);
  kept = http.cookieJar();
}
