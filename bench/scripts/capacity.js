// One request per iteration at the route that the desk's faults strike.
import http from 'k6/http';

export const options = {
  scenarios: {
    open: { executor: 'constant-arrival-rate', rate: 10, duration: '1m', preAllocatedVUs: 20 },
  },
};

export default function () {
  http.get(`${__ENV.BASE_URL}/health`);
}
