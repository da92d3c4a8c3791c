// load-tests/scenarios/chaos.js
//
// Agents work at a constant rate. After a while the desk misbehaves as FAULTS says, and later no more. Before, during and
// after are judged by themselves; `recovery_time` is how long the desk was not itself after it was mended.
//
// `tickets_lost` is a sample: each VU looks for the tickets that were acknowledged to it once things are well again, until
// it has had an answer for each. `cargo xtask bench desk chaos` asks the database for all of them.
//
// The desk must have been started with --instrument.
import http from 'k6/http';
import exec from 'k6/execution';
import { check, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { config, milliseconds, users } from '../lib/config.js';
import { login, authHeaders } from '../lib/auth.js';
import { generateTicket } from '../lib/helpers.js';

const recoveryTime = new Trend('recovery_time', true);
const ticketsLost = new Counter('tickets_lost');

const BEFORE = milliseconds('30s');
const DURING = milliseconds('30s');
const AFTER = milliseconds('60s');
// What begins so close to a change belongs to neither side.
const MARGIN = 500;
// Whoever needs longer than that has not recovered, however short SCALE makes the time in which that is watched.
const PATIENCE = 5000;

const FAULTS = __ENV.FAULTS || JSON.stringify({
  latency: [{ delay: { fixedMs: 200 } }],
  errors: [{ rate: 0.2, status: 503 }],
  resets: [{ rate: 0.05 }],
});
const TICKETS = `${config.baseUrl}/api/v1/tickets`;
const SWITCH = `${config.baseUrl}/__target/faults`;

export const options = {
  scenarios: {
    agents: {
      executor: 'constant-arrival-rate',
      rate: users(20),
      timeUnit: '1s',
      duration: `${BEFORE + DURING + AFTER}ms`,
      preAllocatedVUs: users(40),
      maxVUs: users(400),
      exec: 'work',
    },
    trouble: {
      executor: 'per-vu-iterations',
      vus: 1,
      iterations: 1,
      startTime: `${BEFORE}ms`,
      maxDuration: `${DURING + AFTER}ms`,
      exec: 'makeTrouble',
    },
  },
  thresholds: {
    'http_req_failed{phase:before}': ['rate<0.01'],
    'http_req_failed{phase:during}': ['rate<0.5'],
    'http_req_failed{phase:after}': ['rate<0.01'],
    'http_req_duration{phase:before}': ['p(95)<500'],
    'http_req_duration{phase:during}': ['p(95)<2000'],
    'http_req_duration{phase:after}': ['p(95)<500'],
    recovery_time: [`max<${PATIENCE}`],
    tickets_lost: ['count==0'],
    checks: ['rate==1'],
  },
};

export function setup() {
  if (http.del(SWITCH).status >= 300) {
    throw new Error(`no faults can be injected at ${SWITCH}: start the desk with --instrument`);
  }
  return { token: login('agent@test.com', 'password') };
}

// Tickets of this VU that the desk has acknowledged and that were not yet seen again.
let acknowledged = [];

export function work({ token }) {
  const phase = currentPhase();
  const params = { headers: authHeaders(token), tags: { phase }, timeout: '5s' };
  const named = { ...params, tags: { phase, name: `${TICKETS}/{id}` } };

  const created = ask(() => http.post(TICKETS, JSON.stringify(generateTicket()), params));
  if (created.status === 201) {
    const { id } = JSON.parse(created.body);
    ask(() => http.get(`${TICKETS}/${id}`, named));
    acknowledged.push(id);
  }
  if (phase === 'after') {
    acknowledged = acknowledged.filter((id) => {
      const { status } = http.get(`${TICKETS}/${id}`, named);
      ticketsLost.add(status === 404 ? 1 : 0);
      return status !== 200 && status !== 404;
    });
  }
}

function ask(request) {
  const response = request();
  check(response, {
    'no answer is a hang': (r) => r.error_code !== 1050,
    'an error is a 503': (r) => r.status < 400 || r.status === 503,
  });
  return response;
}

function currentPhase() {
  const time = Date.now() - exec.scenario.startTime;
  const mended = BEFORE + DURING;
  if (Math.abs(time - BEFORE) < MARGIN || Math.abs(time - mended) < MARGIN) {
    return 'change';
  }
  if (time < BEFORE) {
    return 'before';
  }
  return time < mended ? 'during' : 'after';
}

export function makeTrouble({ token }) {
  const params = { headers: { 'Content-Type': 'application/json' }, tags: { phase: 'switch' } };
  const broken = http.post(SWITCH, FAULTS, params);
  check(broken, { 'faults are in force': (r) => r.status < 300 });
  sleep(DURING / 1000);
  http.del(SWITCH, null, params);
  recoveryTime.add(timeToRecover(token));
}

// Milliseconds until the first of five good answers in a row.
function timeToRecover(token) {
  const params = { headers: authHeaders(token), tags: { phase: 'recovery' }, timeout: '5s' };
  const mended = Date.now();
  let good = 0;
  let since = mended;
  while (good < 5 && Date.now() - mended < AFTER) {
    const asked = Date.now();
    const response = http.get(`${TICKETS}?limit=1`, params);
    if (response.status === 200 && response.timings.duration < 200) {
      since = good === 0 ? asked : since;
      good += 1;
    } else {
      good = 0;
    }
    sleep(0.02);
  }
  return good === 5 ? since - mended : Math.max(AFTER, PATIENCE);
}

export function teardown() {
  http.del(SWITCH);
}
