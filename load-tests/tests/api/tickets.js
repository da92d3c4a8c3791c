// load-tests/tests/api/tickets.js
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Trend, Counter } from 'k6/metrics';
import { config } from '../../lib/config.js';
import { authHeaders, login } from '../../lib/auth.js';
import { generateTicket, checkResponse } from '../../lib/helpers.js';

const ticketCreated = new Counter('tickets_created');
const ticketCreateDuration = new Trend('ticket_create_duration');

export function createTicketScenario(token) {
  const headers = authHeaders(token);
  
  group('Ticket CRUD Operations', () => {
    // Create ticket
    let ticketId;
    group('Create Ticket', () => {
      const ticket = generateTicket();
      const startTime = Date.now();
      
      const res = http.post(
        `${config.baseUrl}/api/v1/tickets`,
        JSON.stringify(ticket),
        { headers }
      );
      
      ticketCreateDuration.add(Date.now() - startTime);
      
      if (checkResponse(res, 'Create Ticket')) {
        ticketCreated.add(1);
        ticketId = JSON.parse(res.body).id;
      }
    });
    
    sleep(0.5);
    
    // Get ticket
    if (ticketId) {
      group('Get Ticket', () => {
        const res = http.get(
          `${config.baseUrl}/api/v1/tickets/${ticketId}`,
          { headers }
        );
        checkResponse(res, 'Get Ticket');
      });
      
      sleep(0.3);
      
      // Update ticket
      group('Update Ticket', () => {
        const res = http.patch(
          `${config.baseUrl}/api/v1/tickets/${ticketId}`,
          JSON.stringify({ status: 'IN_PROGRESS' }),
          { headers }
        );
        checkResponse(res, 'Update Ticket');
      });
      
      sleep(0.3);
      
      // Add comment
      group('Add Comment', () => {
        const res = http.post(
          `${config.baseUrl}/api/v1/tickets/${ticketId}/comments`,
          JSON.stringify({ content: 'Load test comment' }),
          { headers }
        );
        checkResponse(res, 'Add Comment');
      });
    }
    
    // List tickets
    group('List Tickets', () => {
      const res = http.get(
        `${config.baseUrl}/api/v1/tickets?page=1&limit=20`,
        { headers }
      );
      checkResponse(res, 'List Tickets');
    });
  });
  
  sleep(1);
}

export function ticketSearchScenario(token) {
  const headers = authHeaders(token);
  
  group('Ticket Search', () => {
    const queries = ['urgent', 'billing', 'support', 'technical'];
    const query = queries[Math.floor(Math.random() * queries.length)];
    
    const res = http.get(
      `${config.baseUrl}/api/v1/tickets/search?q=${query}`,
      { headers }
    );
    checkResponse(res, 'Search Tickets');
  });
  
  sleep(0.5);
}

// Runs both scenarios when this file is run by itself.
export default function () {
  const token = login('agent@test.com', 'password');
  createTicketScenario(token);
  ticketSearchScenario(token);
}
