import { Trend, Rate } from 'k6/metrics';

const idle = new Trend('idle');
const used = new Rate('used');

export const options = {
  thresholds: {
    grpc_req_duration: ['avg<1'],
    http_req_failed: ['rate<0.1'],
    ws_sessions: ['count>1'],
    checks: ['rate>0.9'],
    group_duration: ['avg<1'],
    iteration_lateness: ['p(95)<10'],
    idle: ['avg<1'],
    used: ['rate>0'],
    usde: ['rate>0'],
    iterations: ['count>0'],
  },
};

export default function () {
  used.add(true);
}
