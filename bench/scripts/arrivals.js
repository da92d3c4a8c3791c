// One GET per iteration at a constant arrival rate: what `cargo xtask bench pacing`, `stall` and `growth` run.
import http from 'k6/http';

const url = __ENV.TARGET_URL;

export const options = {
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      duration: __ENV.DURATION,
      preAllocatedVUs: Number(__ENV.VUS),
      maxVUs: Number(__ENV.MAX_VUS),
      gracefulStop: '5s',
    },
  },
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export default function () {
  http.get(url);
}
