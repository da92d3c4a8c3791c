// Objects whose properties are made late look and behave like others.
import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.SERVER}/json`);
  const heir = Object.create(res);
  console.log(heir.body.length, heir.status, res.body.length, Object.keys(heir).length);
  heir.headers = 'own';
  console.log(heir.headers, typeof res.headers);
  const proxy = new Proxy(res, {});
  console.log(proxy.body === res.body, proxy.status);
  delete res.body;
  console.log(res.body, 'body' in res, Object.keys(res).includes('body'));
  console.log(typeof __ENV['\ud800'], __ENV.NAME, 'NAME' in __ENV, __ENV.toString === Object.prototype.toString);
  __ENV.NAME = 'changed';
  __ENV.ADDED = 'x';
  console.log(__ENV.NAME, __ENV.ADDED, delete __ENV.NAME, __ENV.NAME);
  console.log(typeof http.get, typeof http.nothing, Object.keys(http).includes('post'));
}
