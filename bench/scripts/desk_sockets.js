// VUS clients of Socket.IO that come within RAMP seconds and hear for HOLD seconds what is announced: one new ticket
// every EVERY milliseconds. How late an announcement is counts from the desk's timestamp in it.
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { io } from 'plimsoll/socketio';

const latency = new Trend('announcement_latency', true);
const heard = new Counter('announcements_heard');
const subscribed = new Counter('sockets_subscribed');
const left = new Counter('sockets_lost');
const created = new Counter('tickets_announced');

const [VUS, RAMP, HOLD, EVERY] = ['VUS', 'RAMP', 'HOLD', 'EVERY'].map((name) => Number(__ENV[name]));
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
  const credentials = JSON.stringify({ email: 'agent@test.com', password: 'password' });
  const response = http.post(`${__ENV.BASE_URL}/api/v1/auth/login`, credentials, { headers: JSON_HEADERS });
  return { token: response.json('accessToken'), endsAt: Date.now() + ALL * 1000 };
}

export function listen({ token, endsAt }) {
  sleep(Math.random() * RAMP);
  const socket = io(__ENV.BASE_URL, { transports: ['websocket'], auth: { token } });
  let isOver = false;
  socket.on('connect', () => {
    socket.emit('subscribe', { channel: 'tickets:org_123' }, (answer) => {
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

export function announce({ token }) {
  const ticket = { title: 'Announced', description: 'to everybody', priority: 'LOW' };
  const headers = { ...JSON_HEADERS, Authorization: `Bearer ${token}` };
  const response = http.post(`${__ENV.BASE_URL}/api/v1/tickets`, JSON.stringify(ticket), { headers });
  if (check(response, { announced: ({ status }) => status === 201 })) created.add(1);
}
