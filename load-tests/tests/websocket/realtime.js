// load-tests/tests/websocket/realtime.js
import http from 'k6/http';
import { check } from 'k6';
import { Counter, Gauge, Trend } from 'k6/metrics';
import { config, milliseconds, scaled, scaledStages, users } from '../../lib/config.js';
import { login, authHeaders } from '../../lib/auth.js';
import { generateTicket } from '../../lib/helpers.js';
import { connect } from '../../lib/socketio.js';

const wsConnections = new Counter('ws_connections');
const wsConnectionsOpen = new Gauge('ws_connections_open');
const wsMessages = new Counter('ws_messages_received');
const wsLatency = new Trend('ws_message_latency', true);

const STAGES = scaledStages([
  { duration: '2m', target: 100 },
  { duration: '5m', target: 500 },
  { duration: '5m', target: 1000 },
  { duration: '2m', target: 0 },
]);

export const options = {
  scenarios: {
    websocket: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: STAGES,
      gracefulRampDown: '30s',
    },
    announcements: {
      executor: 'constant-arrival-rate',
      rate: 1,
      timeUnit: '1s',
      duration: scaled('14m'),
      preAllocatedVUs: 2,
      maxVUs: 10,
      exec: 'announce',
    },
  },
  thresholds: {
    ws_connections: [`count>${users(500)}`],
    ws_message_latency: ['p(95)<100'],
  },
};

// One login for all: sockets are measured here, not passwords.
export function setup() {
  return { token: login('agent@test.com', 'password') };
}

export default function ({ token }) {
  const res = connect(config.wsUrl, { token }, (socket) => {
    socket.on('connect', () => {
      wsConnections.add(1);
      socket.emit('subscribe', { channel: 'tickets:org_123' }, (answer) => {
        check(answer, { 'subscribed': (a) => a.ok === true });
      });
    });
    socket.on('connect_error', (error) => console.error('Socket.IO error:', error.message));
    socket.on('ticket:created', ({ timestamp }) => {
      wsMessages.add(1);
      wsLatency.add(Date.now() - timestamp);
    });

    // Simulate user activity
    socket.after(milliseconds('5s'), () => {
      socket.emit('typing', { ticketId: 'ticket_123' }, (answer) => {
        check(answer, { 'typing acknowledged': (a) => a !== undefined });
      });
    });

    // Keep connection for test duration
    socket.after(milliseconds('60s'), () => socket.close());
  });

  check(res, { 'WebSocket connected': (r) => r && r.status === 101 });
}

// Creates a ticket, which the desk announces to all who subscribed, and notes how many sockets the desk holds.
export function announce({ token }) {
  const ticket = JSON.stringify(generateTicket());
  const res = http.post(`${config.baseUrl}/api/v1/tickets`, ticket, { headers: authHeaders(token) });
  check(res, { 'ticket announced': (r) => r.status === 201 });

  const metrics = http.get(`${config.baseUrl}/metrics`);
  const open = /^insightdesk_sockets_open (\d+)/m.exec(metrics.body);
  if (open) {
    wsConnectionsOpen.add(Number(open[1]));
  }
}
