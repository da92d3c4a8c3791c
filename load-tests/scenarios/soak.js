// load-tests/scenarios/soak.js
import exec from 'k6/execution';
import { config } from '../lib/config.js';
import { login } from '../lib/auth.js';
import { ownUser } from '../lib/users.js';
import { createTicketScenario, ticketSearchScenario } from '../tests/api/tickets.js';
import { browseKnowledgeBase } from '../tests/api/knowledge-base.js';

// What leaks or grows shows at the end: the last quarter has thresholds of its own.
export const options = {
  stages: config.stages.soak,
  thresholds: {
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<200', 'p(99)<500'],
    'http_req_failed{part:last}': ['rate<0.01'],
    'http_req_duration{part:last}': ['p(95)<200', 'p(99)<500'],
  },
};

export default function () {
  exec.vu.metrics.tags.part = exec.scenario.progress < 0.75 ? 'first' : 'last';
  const { email, password } = ownUser();

  if (exec.vu.iterationInScenario % 4 === 3) {
    browseKnowledgeBase();
    return;
  }
  const token = login(email, password);
  createTicketScenario(token);
  ticketSearchScenario(token);
}
