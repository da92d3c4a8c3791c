// load-tests/scenarios/load.js
import { config, scaled, users } from '../lib/config.js';
import { login, authHeaders } from '../lib/auth.js';
import { createTicketScenario } from '../tests/api/tickets.js';
import { browseKnowledgeBase } from '../tests/api/knowledge-base.js';

export const options = {
  scenarios: {
    ticket_operations: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: config.stages.load,
      gracefulRampDown: '30s',
      exec: 'ticketOperations',
    },
    knowledge_base_browsing: {
      executor: 'constant-arrival-rate',
      rate: users(50),
      timeUnit: '1s',
      duration: scaled('15m'),
      preAllocatedVUs: users(20),
      maxVUs: users(100),
      exec: 'knowledgeBase',
    },
  },
  thresholds: config.thresholds,
};

export function ticketOperations() {
  const token = login('agent@test.com', 'password');
  createTicketScenario(token);
}

export function knowledgeBase() {
  browseKnowledgeBase();
}
