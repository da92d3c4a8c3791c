import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Counter } from 'k6/metrics';
import exec from 'k6/execution';

const orders = new Counter('orders');

export const options = {
  vus: 2,
  duration: '1s',
  tags: { team: 'shop' },
  thresholds: {
    'http_req_duration{status:200}': ['p(95)<500'],
    'http_req_duration{method:GET,team:shop}': ['p(95)<500'],
    'http_req_duration{kind:static}': ['p(95)<500'],
    'http_req_duration{group:::order::pay}': ['p(95)<500'],
    'checks{check:is paid}': ['rate>0.9'],
    'orders{scenario:default}': ['count>0'],
    'iterations{user:1}': ['count>0'],
  },
};

export default function () {
  exec.vu.tags.user = exec.vu.idInTest;
  const res = http.get(`http://localhost/orders/${exec.vu.idInTest}`, { tags: { kind: 'static' } });
  check(res, { 'is paid': (r) => r.json().paid });
  group('order', () => group('pay', () => orders.add(1)));
  sleep(1);
}
