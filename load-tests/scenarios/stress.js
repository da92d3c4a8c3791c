// load-tests/scenarios/stress.js
import http from 'k6/http';
import { check, sleep } from 'k6';
import { config } from '../lib/config.js';
import { login, authHeaders } from '../lib/auth.js';

export const options = {
  stages: config.stages.stress,
  thresholds: {
    http_req_failed: ['rate<0.05'], // Allow higher error rate
    http_req_duration: ['p(95)<1000'],
  },
};

export default function () {
  const token = login('agent@test.com', 'password');
  const headers = authHeaders(token);
  
  // Mix of operations
  const operations = [
    () => listTickets(headers),
    () => createTicket(headers),
    () => getTicketDetails(headers),
    () => searchTickets(headers),
    () => getDashboard(headers),
  ];
  
  const operation = operations[Math.floor(Math.random() * operations.length)];
  operation();
  
  sleep(0.5);
}

function listTickets(headers) {
  const res = http.get(`${config.baseUrl}/api/v1/tickets?limit=20`, { headers });
  check(res, { 'list tickets': (r) => r.status === 200 });
}

function createTicket(headers) {
  const res = http.post(
    `${config.baseUrl}/api/v1/tickets`,
    JSON.stringify({
      title: `Stress Test ${Date.now()}`,
      description: 'Stress test ticket',
      priority: 'MEDIUM',
    }),
    { headers }
  );
  check(res, { 'create ticket': (r) => r.status === 201 });
}

function getTicketDetails(headers) {
  // First get a ticket ID
  const listRes = http.get(`${config.baseUrl}/api/v1/tickets?limit=1`, { headers });
  if (listRes.status === 200) {
    const tickets = JSON.parse(listRes.body).data;
    if (tickets.length > 0) {
      const res = http.get(`${config.baseUrl}/api/v1/tickets/${tickets[0].id}`, { headers });
      check(res, { 'get ticket details': (r) => r.status === 200 });
    }
  }
}

function searchTickets(headers) {
  const res = http.get(`${config.baseUrl}/api/v1/tickets/search?q=test`, { headers });
  check(res, { 'search tickets': (r) => r.status === 200 });
}

function getDashboard(headers) {
  const res = http.get(`${config.baseUrl}/api/v1/analytics/dashboard`, { headers });
  check(res, { 'get dashboard': (r) => r.status === 200 });
}
