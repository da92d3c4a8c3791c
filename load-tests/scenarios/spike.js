// load-tests/scenarios/spike.js
import http from 'k6/http';
import { check, sleep } from 'k6';
import { config } from '../lib/config.js';
import { login, authHeaders } from '../lib/auth.js';
import { ownUser } from '../lib/users.js';

// A crowd that comes at once may be slow to serve, and is served.
export const options = {
  stages: config.stages.spike,
  thresholds: {
    http_req_failed: ['rate<0.05'],
    http_req_duration: ['p(95)<2000'],
  },
};

export default function () {
  const { email, password } = ownUser();
  const headers = authHeaders(login(email, password));

  const list = http.get(`${config.baseUrl}/api/v1/tickets?limit=20`, { headers });
  check(list, { 'list tickets': (r) => r.status === 200 });

  const dashboard = http.get(`${config.baseUrl}/api/v1/analytics/dashboard`, { headers });
  check(dashboard, { 'get dashboard': (r) => r.status === 200 });

  const articles = http.get(`${config.baseUrl}/api/v1/kb/articles?limit=20`);
  check(articles, { 'list articles': (r) => r.status === 200 });

  sleep(0.5);
}
