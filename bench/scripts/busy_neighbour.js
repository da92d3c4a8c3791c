// Ten polite virtual users, and with BUSY=1 one more that never lets go of its thread by itself.
import http from 'k6/http';
import { sleep } from 'k6';

const url = __ENV.TARGET_URL;
const duration = __ENV.DURATION;

const scenarios = {
  polite: { executor: 'constant-vus', exec: 'polite', vus: 10, duration, gracefulStop: '0s' },
};
if (__ENV.BUSY === '1') {
  scenarios.busy = { executor: 'constant-vus', exec: 'busy', vus: 1, duration, gracefulStop: '0s' };
}

export const options = { scenarios, summaryTrendStats: ['med', 'p(99)', 'max'] };

export function polite() {
  http.get(url);
  sleep(0.01);
}

export function busy() {
  while (true) {}
}
