import http from 'k6/http';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';

const sales = new Counter('sales');

export const options = {
  thresholds: {
    'sales{shop:north}': ['count>0'],
    'sales{plan:free}': ['count>0'],
    'sales{tier:gold}': ['count>0'],
    'sales{region:eu}': ['count>0'],
    'http_req_duration{status:warm}': ['avg<500'],
  },
};

export default function () {
  exec.vu.metrics.tags['plan'] = 'free';
  exec.vu.tags.tier = 'gold';
  sales.add(1, { shop: 'north' });
  http.get('http://localhost', { tags: { status: 'warm' } });
}
