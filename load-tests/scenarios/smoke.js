// load-tests/scenarios/smoke.js
import http from 'k6/http';
import { check, sleep } from 'k6';
import { config, scaled } from '../lib/config.js';

export const options = {
  vus: 3,
  duration: scaled('1m'),
  thresholds: {
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500'],
  },
};

export default function () {
  // Health check
  const healthRes = http.get(`${config.baseUrl}/health`);
  check(healthRes, {
    'health check passed': (r) => r.status === 200,
  });
  
  // API endpoints accessible
  const apiRes = http.get(`${config.baseUrl}/api/v1/health`);
  check(apiRes, {
    'API accessible': (r) => r.status === 200,
  });
  
  sleep(1);
}
