// load-tests/tests/websocket/realtime.js
//
// Clients come, subscribe, type and hear what is announced. Each leaves after a minute, and others come.
//
// With HOLD=2m all of them stay instead, for two minutes after the last one has come, and only then tickets are announced;
// SCALE does not shorten that. EVERY=2s is the time from one announcement to the next, and TENANTS=2 divides clients and
// announcements among two organisations.
import http from 'k6/http';
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Gauge, Trend } from 'k6/metrics';
import { config, milliseconds, scaledStages, unscaled, users } from '../../lib/config.js';
import { login, authHeaders } from '../../lib/auth.js';
import { generateTicket } from '../../lib/helpers.js';
import { connect } from '../../lib/socketio.js';

const wsConnections = new Counter('ws_connections');
const wsConnectionsOpen = new Gauge('ws_connections_open');
const wsConnectionsLost = new Counter('ws_connections_lost');
const wsMessages = new Counter('ws_messages_received');
const wsMessagesAwaited = new Counter('ws_messages_awaited');
const wsLatency = new Trend('ws_message_latency', true);

const HOLD = __ENV.HOLD ? unscaled(__ENV.HOLD) : 0;
const EVERY = unscaled(__ENV.EVERY || '1s');
const AGENTS = [
  { email: 'agent@test.com', password: 'password', channel: 'tickets:org_123' },
  { email: 'loadtest@example.com', password: 'loadtest123', channel: 'tickets:org_loadtest' },
].slice(0, Number(__ENV.TENANTS || 1));

const CROWD = users(1000);
const COMING = milliseconds('12m');
// Until the last client has subscribed, and until the last announcement was heard.
const SETTLING = 5000;
// In milliseconds from the beginning; nobody comes any more then.
const LEAVING = HOLD ? COMING + SETTLING + HOLD + SETTLING : Infinity;

export const options = {
  scenarios: {
    websocket: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        ...scaledStages([
          { duration: '2m', target: 100 },
          { duration: '5m', target: 500 },
          { duration: '5m', target: 1000 },
        ]),
        ...(HOLD ? [{ duration: `${LEAVING - COMING}ms`, target: CROWD }] : []),
        ...scaledStages([{ duration: '2m', target: 0 }]),
      ],
      gracefulRampDown: '30s',
    },
    announcements: {
      executor: 'constant-arrival-rate',
      rate: 1,
      timeUnit: `${EVERY}ms`,
      startTime: HOLD ? `${COMING + SETTLING}ms` : '0s',
      duration: HOLD ? `${HOLD}ms` : `${milliseconds('14m')}ms`,
      preAllocatedVUs: 2,
      maxVUs: 10,
      exec: 'announce',
    },
  },
  thresholds: {
    ws_connections: [`count>${users(500)}`],
    ws_connections_lost: ['count==0'],
    ws_message_latency: ['p(95)<100'],
  },
};

// One login for all of an organisation: sockets are measured here, not passwords. And a ticket to type about.
export function setup() {
  return AGENTS.map(({ email, password, channel }) => {
    const token = login(email, password);
    return { token, channel, ticketId: JSON.parse(newTicket(token).body).id };
  });
}

export default function (agents) {
  const stay = HOLD ? LEAVING - sinceTheStart() : milliseconds('60s');
  if (stay <= 0) {
    sleep(1);
    return;
  }
  const { token, channel, ticketId } = agents[exec.scenario.iterationInTest % agents.length];
  let isOver = false;
  // So that there is a number when none is lost.
  wsConnectionsLost.add(0);

  const res = connect(config.wsUrl, { token }, (socket) => {
    socket.on('connect', () => {
      wsConnections.add(1);
      socket.emit('subscribe', { channel }, (answer) => {
        check(answer, { 'subscribed': (a) => a.ok === true });
      });
    });
    socket.on('connect_error', (error) => console.error('Socket.IO error:', error.message));
    socket.on('disconnect', () => wsConnectionsLost.add(isOver ? 0 : 1));
    socket.onText('ticket:created', (text) => {
      wsMessages.add(1);
      wsLatency.add(Date.now() - timestampIn(text));
    });

    // Simulate user activity
    socket.after(milliseconds('5s'), () => {
      socket.emit('typing', { ticketId }, (answer) => {
        check(answer, { 'typing acknowledged': (a) => a.ok === true });
      });
    });

    // Keep connection for test duration
    socket.after(stay, () => {
      isOver = true;
      socket.close();
    });
  });

  check(res, { 'WebSocket connected': (r) => r && r.status === 101 });
}

// Creates a ticket, which the desk announces to all who subscribed, and notes how many sockets the desk holds.
export function announce(agents) {
  const tenant = exec.scenario.iterationInTest % agents.length;
  const res = newTicket(agents[tenant].token);
  if (check(res, { 'ticket announced': (r) => r.status === 201 }) && HOLD) {
    wsMessagesAwaited.add(Math.ceil((CROWD - tenant) / agents.length));
  }

  const metrics = http.get(`${config.baseUrl}/metrics`);
  const open = /^insightdesk_sockets_open (\d+)/m.exec(metrics.body);
  if (open) {
    wsConnectionsOpen.add(Number(open[1]));
  }
}

function newTicket(token) {
  const ticket = JSON.stringify(generateTicket());
  return http.post(`${config.baseUrl}/api/v1/tickets`, ticket, { headers: authHeaders(token) });
}

// When the desk says that it announced this.
function timestampIn(text) {
  const name = '"timestamp":';
  return parseInt(text.slice(text.lastIndexOf(name) + name.length), 10);
}

// Milliseconds since the scenario began.
function sinceTheStart() {
  return Date.now() - exec.scenario.startTime;
}
