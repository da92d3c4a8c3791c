// A few users fetch a page and look at the answer.
//
//   plimsoll run --env BASE_URL=https://staging.example.com {{ .ScriptName }}

import http from 'k6/http';
import { check, sleep } from 'k6';

const baseUrl = __ENV.BASE_URL || 'http://localhost:3001';

export const options = {
  vus: 5,
  duration: '10s',
  thresholds: {
    // What has to hold. A threshold that is crossed ends the run with exit code 99.
    checks: ['rate>0.99'],
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500'],
  },
};

export default function () {
  const response = http.get(`${baseUrl}/`);

  check(response, {
    'status is 200': (r) => r.status === 200,
    'there is a body': (r) => r.body.length > 0,
  });

  // Users read before they click.
  sleep(1);
}
