import http from 'k6/http';
import * as whole from 'k6/http';

const { parallel: send, get } = http;
const alias = whole;

export default function () {
  http.bulk(['http://localhost']);
  alias.cookieTin();
  http['upload']('data');
  get('http://localhost');
  send('GET', 'http://localhost').then(() => {});
  if (typeof http.Session === 'function') return;
}
