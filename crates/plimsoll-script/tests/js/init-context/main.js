import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Counter } from 'k6/metrics';

const counter = new Counter('in_init');
for (const bad of [() => http.get('http://127.0.0.1:1/'), () => check(1, { a: true }), () => group('g', () => 1), () => counter.add(1)]) {
  try { bad(); } catch (e) { console.log(__VU, e.message); }
}
sleep(0.01);
const late = await Promise.resolve('top-level await');

export default function () {
  console.log(late);
  try { require('k6'); } catch (e) { console.log(e.message); }
}
