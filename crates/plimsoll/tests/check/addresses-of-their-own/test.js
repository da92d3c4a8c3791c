import http from 'k6/http';

const base = 'http://localhost';

export default function () {
  http.get(`${base}/?now=${Date.now()}`);
  http.post(base + '/' + Math.random().toString(36), 'body');
  http.get(`${base}/?now=${Date.now()}`, { tags: { name: 'now' } });
  http.get(`${base}/${Math.floor(Math.random() * 3)}`);
  http.get(`${base}/?now=${Date.now()}`, __ENV.PARAMS);
  http.get(http.url`${base}/?now=${Date.now()}`);
}
