import http, { batch } from 'k6/http';
import * as whole from 'k6/http';

const { asyncRequest: send, get } = http;
const alias = whole;

export default function () {
  batch(['http://localhost']);
  http.batch(['http://localhost']);
  alias.cookieJar();
  http['file']('data');
  get('http://localhost');
  send('GET', 'http://localhost').then(() => {});
  if (typeof http.CookieJar === 'function') return;
}
