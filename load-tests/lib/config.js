// load-tests/lib/config.js
export const config = {
  baseUrl: __ENV.BASE_URL || 'http://localhost:3001',
  wsUrl: __ENV.WS_URL || 'ws://localhost:3001',
  
  thresholds: {
    http_req_duration: ['p(95)<200', 'p(99)<500'],
    http_req_failed: ['rate<0.01'],
    http_reqs: ['rate>100'],
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
