// VUS clients of Socket.IO that come within RAMP seconds and hear for HOLD seconds what is announced: one new ticket
// every EVERY milliseconds, in each of TENANTS organisations in turn, among which the clients are divided. How late an
// announcement is counts from the desk's timestamp in it.
import http from 'k6/http';
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import { io } from 'plimsoll/socketio';

const latency = new Trend('announcement_latency', true);
const heard = new Counter('announcements_heard');
const subscribed = new Counter('sockets_subscribed');
const left = new Counter('sockets_lost');
const created = new Counter('tickets_announced');
const awaited = new Counter('announcements_awaited');

const [VUS, RAMP, HOLD, EVERY, TENANTS] = ['VUS', 'RAMP', 'HOLD', 'EVERY', 'TENANTS'].map((name) => Number(__ENV[name]));
const AGENTS = [
  { email: 'agent@test.com', password: 'password' },
  { email: 'loadtest@example.com', password: 'loadtest123' },
].slice(0, TENANTS);
// Until the last client has subscribed, and until the last announcement was heard.
const SETTLING = 15;
const ALL = RAMP + SETTLING + HOLD + SETTLING;
const JSON_HEADERS = { 'Content-Type': 'application/json' };

export const options = {
  scenarios: {
    clients: { executor: 'per-vu-iterations', vus: VUS, iterations: 1, maxDuration: `${ALL + 60}s`, exec: 'listen' },
    announcements: {
      executor: 'constant-arrival-rate',
      rate: 1,
      timeUnit: `${EVERY}ms`,
      startTime: `${RAMP + SETTLING}s`,
      duration: `${HOLD}s`,
      preAllocatedVUs: 2,
      exec: 'announce',
    },
  },
  thresholds: { announcement_latency: ['p(95)<100'], sockets_lost: ['count==0'], checks: ['rate==1'] },
};

export function setup() {
  const agents = AGENTS.map((credentials) => {
    const url = `${__ENV.BASE_URL}/api/v1/auth/login`;
    const { accessToken, user } = http.post(url, JSON.stringify(credentials), { headers: JSON_HEADERS }).json();
    return { token: accessToken, channel: `tickets:${user.organizationId}` };
  });
  return { agents, endsAt: Date.now() + ALL * 1000 };
}

export function listen({ agents, endsAt }) {
  const { token, channel } = agents[exec.scenario.iterationInTest % agents.length];
  // So that there is a number when none is lost.
  left.add(0);
  sleep(Math.random() * RAMP);
  const socket = io(__ENV.BASE_URL, { transports: ['websocket'], auth: { token } });
  let isOver = false;
  socket.on('connect', () => {
    socket.emit('subscribe', { channel }, (answer) => {
      if (check(answer, { subscribed: ({ ok }) => ok })) subscribed.add(1);
    });
  });
  socket.on('ticket:created', ({ timestamp }) => {
    latency.add(Date.now() - timestamp);
    heard.add(1);
  });
  socket.on('connect_error', () => left.add(1));
  socket.on('disconnect', () => {
    if (!isOver) left.add(1);
  });
  setTimeout(() => {
    isOver = true;
    socket.disconnect();
  }, endsAt - Date.now());
}

export function announce({ agents }) {
  const tenant = exec.scenario.iterationInTest % agents.length;
  const ticket = { title: 'Announced', description: 'to everybody', priority: 'LOW' };
  const headers = { ...JSON_HEADERS, Authorization: `Bearer ${agents[tenant].token}` };
  const response = http.post(`${__ENV.BASE_URL}/api/v1/tickets`, JSON.stringify(ticket), { headers });
  if (check(response, { announced: ({ status }) => status === 201 })) {
    created.add(1);
    awaited.add(Math.ceil((VUS - tenant) / agents.length));
  }
}
