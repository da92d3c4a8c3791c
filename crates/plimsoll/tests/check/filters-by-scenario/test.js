import http from 'k6/http';

export const options = {
  scenarios: {
    browse: { executor: 'constant-vus', vus: 1, duration: '1s', tags: { kind: 'reader' } },
    checkout: { executor: 'constant-vus', vus: 1, duration: '1s', exec: 'checkout' },
  },
  thresholds: {
    'http_req_duration{scenario:browse}': ['avg<500'],
    'http_req_duration{scenario:chekout}': ['avg<500'],
    'http_req_duration{kind:reader}': ['avg<500'],
    'http_req_duration{knid:reader}': ['avg<500'],
  },
};

export default function () {
  http.get('http://localhost');
}

export function checkout() {
  http.get('http://localhost');
}
