// load-tests/lib/helpers.js
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Rate, Trend } from 'k6/metrics';

// Custom metrics
export const errorRate = new Rate('errors');
export const ticketCreationDuration = new Trend('ticket_creation_duration');

export function randomItem(array) {
  return array[Math.floor(Math.random() * array.length)];
}

export function randomInt(min, max) {
  return Math.floor(Math.random() * (max - min + 1)) + min;
}

export function generateTicket() {
  return {
    title: `Test Ticket ${Date.now()}`,
    description: `Load test ticket created at ${new Date().toISOString()}`,
    priority: randomItem(['LOW', 'MEDIUM', 'HIGH', 'URGENT']),
  };
}

export function checkResponse(response, name) {
  const success = check(response, {
    [`${name} status is 2xx`]: (r) => r.status >= 200 && r.status < 300,
    [`${name} has body`]: (r) => r.body && r.body.length > 0,
    [`${name} response time < 500ms`]: (r) => r.timings.duration < 500,
  });
  
  errorRate.add(!success);
  return success;
}
