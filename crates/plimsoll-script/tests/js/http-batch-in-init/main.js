import http from 'k6/http';

for (const name of ['batch', 'asyncRequest', 'get']) {
  try { http[name]('GET', 'http://localhost/'); } catch (e) { console.log(name, e.name, e.message); }
}

export default function () {}
