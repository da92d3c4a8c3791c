// Users arrive at a rate that does not depend on how fast they are served, and make a journey of several requests.
//
//   plimsoll run --env BASE_URL=https://staging.example.com {{ .ScriptName }}

import http from 'k6/http';
import exec from 'k6/execution';
import { check, fail, group, sleep } from 'k6';
import { Trend } from 'k6/metrics';

const baseUrl = __ENV.BASE_URL || 'http://localhost:3001';

// A measurement of your own, beside the built-in ones. `true`: its values are times.
const journey = new Trend('journey_duration', true);

export const options = {
  scenarios: {
    visitors: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      preAllocatedVUs: 10,
      maxVUs: 50,
      stages: [
        { duration: '5s', target: 5 }, // more and more arrive,
        { duration: '15s', target: 5 }, // then as many as before,
        { duration: '5s', target: 0 }, // then fewer and fewer.
      ],
    },
  },
  thresholds: {
    // Stop early when nearly everything fails: nothing more is to be learnt.
    http_req_failed: ['rate<0.01', { threshold: 'rate<0.5', abortOnFail: true, delayAbortEval: '5s' }],
    'http_req_duration{name:start page}': ['p(95)<500', 'p(99)<1000'],
    journey_duration: ['p(95)<3000'],
    checks: ['rate>0.99'],
  },
};

// Runs once, before anybody arrives. What it returns is given to every iteration.
export function setup() {
  const response = http.get(`${baseUrl}/`, { tags: { name: 'start page' } });
  if (response.status !== 200) {
    fail(`${baseUrl} is not ready: status ${response.status} ${response.error}`);
  }
  return { startedAt: Date.now() };
}

export default function (data) {
  const began = Date.now();

  group('visit', () => {
    const page = http.get(`${baseUrl}/`, { tags: { name: 'start page' } });
    check(page, { 'start page is there': (r) => r.status === 200 });
    sleep(0.5);

    const again = http.get(`${baseUrl}/`, {
      headers: { 'Cache-Control': 'no-cache' },
      tags: { name: 'reload' },
      timeout: '5s',
    });
    check(again, { 'reload works': (r) => r.status === 200 });
  });

  journey.add(Date.now() - began);
  if (exec.scenario.iterationInTest === 0) {
    console.log(`the first journey ended ${Date.now() - data.startedAt} ms after the setup`);
  }
}

// Runs once, at the end.
export function teardown(data) {
  console.log(`the test took ${Math.round((Date.now() - data.startedAt) / 1000)} s`);
}
