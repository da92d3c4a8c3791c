import { textSummary } from 'https://jslib.k6.io/k6-summary/0.0.4/index.js';

const data = {
  options: { summaryTrendStats: ['avg', 'max', 'p(95)', 'count'], summaryTimeUnit: '', noColor: false },
  root_group: {
    name: '',
    checks: [{ name: 'is up', passes: 3, fails: 0 }],
    groups: [
      {
        name: 'checkout',
        checks: [{ name: 'is päid', passes: 2, fails: 1 }],
        groups: [{ name: 'inner', checks: [{ name: 'never', passes: 0, fails: 3 }], groups: [] }],
      },
      { name: 'without checks', checks: [], groups: [] },
    ],
  },
  metrics: {
    http_reqs: { type: 'counter', contains: 'default', values: { count: 12, rate: 2.5 } },
    data_sent: { type: 'counter', contains: 'data', values: { count: 1234, rate: 98.7 } },
    vus: { type: 'gauge', contains: 'default', values: { value: 1, min: 1, max: 10 } },
    checks: {
      type: 'rate', contains: 'default', values: { rate: 5 / 9, passes: 5, fails: 4 },
      thresholds: { 'rate>0.9': { ok: false }, 'rate>0': { ok: true } },
    },
    'http_req_duration{status:200}': {
      type: 'trend', contains: 'time', values: { avg: 0.5, max: 2, 'p(95)': 1.75, count: 4 },
      thresholds: { 'avg<1': { ok: true } },
    },
    http_req_duration: { type: 'trend', contains: 'time', values: { avg: 12.345, max: 61000, 'p(95)': 1500, count: 12 } },
    http_req_duration_own: { type: 'trend', contains: 'default', values: { avg: 1, max: 1, 'p(95)': 1, count: 1 } },
  },
};

export default function () {
  console.log('\n' + textSummary(data, { indent: ' ', enableColors: false }));
}
