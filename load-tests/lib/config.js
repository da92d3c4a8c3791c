// load-tests/lib/config.js
const SCALE = factor('SCALE');
const USERS = factor('USERS');
const UNITS = { ms: 1, s: 1000, m: 60 * 1000, h: 3600 * 1000 };

// A positive number from the environment; 1 when it is not given.
function factor(name) {
  const value = Number(__ENV[name] || 1);
  if (!(value > 0)) {
    throw new Error(`${name} must be a positive number, got '${__ENV[name]}'`);
  }
  return value;
}

// A duration such as '2m' in milliseconds, as it is.
export function unscaled(duration) {
  const parts = /^(\d+)(ms|s|m|h)$/.exec(duration);
  if (!parts) {
    throw new Error(`a duration must be a number and ms, s, m or h, such as '2m', got '${duration}'`);
  }
  return Number(parts[1]) * UNITS[parts[2]];
}

// A duration in milliseconds, shortened by SCALE.
export function milliseconds(duration) {
  return Math.max(100, Math.round(unscaled(duration) * SCALE));
}

// A duration, shortened by SCALE.
export function scaled(duration) {
  return `${milliseconds(duration)}ms`;
}

// A number of users, or of arrivals, multiplied by USERS.
export function users(count) {
  return count > 0 ? Math.max(1, Math.round(count * USERS)) : 0;
}

// Stages, with both.
export function scaledStages(stages) {
  return stages.map(({ duration, target }) => ({ duration: scaled(duration), target: users(target) }));
}

export const config = {
  baseUrl: __ENV.BASE_URL || 'http://localhost:3001',
  wsUrl: __ENV.WS_URL || 'ws://localhost:3001',
  
  thresholds: {
    http_req_duration: ['p(95)<200', 'p(99)<500'],
    http_req_failed: ['rate<0.01'],
    http_reqs: [`rate>${100 * USERS}`],
  },
  
  stages: {
    smoke: [
      { duration: '1m', target: 5 },
      { duration: '1m', target: 0 },
    ],
    load: [
      { duration: '2m', target: 50 },
      { duration: '5m', target: 50 },
      { duration: '2m', target: 100 },
      { duration: '5m', target: 100 },
      { duration: '2m', target: 0 },
    ],
    stress: [
      { duration: '2m', target: 100 },
      { duration: '5m', target: 200 },
      { duration: '5m', target: 300 },
      { duration: '5m', target: 400 },
      { duration: '10m', target: 500 },
      { duration: '5m', target: 0 },
    ],
    soak: [
      { duration: '5m', target: 100 },
      { duration: '4h', target: 100 },
      { duration: '5m', target: 0 },
    ],
    spike: [
      { duration: '1m', target: 50 },
      { duration: '30s', target: 500 },
      { duration: '1m', target: 500 },
      { duration: '30s', target: 50 },
      { duration: '2m', target: 50 },
      { duration: '1m', target: 0 },
    ],
  },
};

for (const scenario of Object.keys(config.stages)) {
  config.stages[scenario] = scaledStages(config.stages[scenario]);
}
