// The load scenario of load-tests: its stages in MINUTES minutes, with USERS times the users and arrivals.
import { options as load } from '../../load-tests/scenarios/load.js';

export { ticketOperations, knowledgeBase } from '../../load-tests/scenarios/load.js';

const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600 };
const USERS = Number(__ENV.USERS);

function seconds(duration) {
  let sum = 0;
  for (const [, number, unit] of duration.matchAll(/([\d.]+)(ms|s|m|h)/g)) sum += number * UNITS[unit];
  return sum;
}

const { ticket_operations: tickets, knowledge_base_browsing: articles } = load.scenarios;
const factor = (Number(__ENV.MINUTES) * 60) / tickets.stages.reduce((sum, { duration }) => sum + seconds(duration), 0);
const shorter = (duration) => `${Math.round(seconds(duration) * factor * 1000)}ms`;
const more = (users) => Math.ceil(users * USERS);

export const options = {
  scenarios: {
    ticket_operations: {
      ...tickets,
      stages: tickets.stages.map(({ duration, target }) => ({ duration: shorter(duration), target: more(target) })),
    },
    knowledge_base_browsing: {
      ...articles,
      rate: more(articles.rate),
      duration: shorter(articles.duration),
      preAllocatedVUs: more(articles.preAllocatedVUs),
      maxVUs: more(articles.maxVUs),
    },
  },
  thresholds: { ...load.thresholds, checks: ['rate>0.999'], dropped_iterations: ['count==0'] },
};
