// VUS virtual users that each open one connection with one request, and then sleep until the run is interrupted.
import http from 'k6/http';
import { sleep } from 'k6';

const url = __ENV.TARGET_URL;

export const options = {
  scenarios: {
    sleepers: {
      executor: 'constant-vus',
      vus: Number(__ENV.VUS),
      duration: '1h',
      gracefulStop: '0s',
    },
  },
};

export default function () {
  http.get(url);
  sleep(3600);
}
