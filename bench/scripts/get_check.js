// One GET and one check per iteration: what `cargo xtask bench throughput` runs with 50 virtual users.
import http from 'k6/http';
import { check } from 'k6';

const url = __ENV.TARGET_URL;

export default function () {
  const response = http.get(url);
  check(response, { 'status is 200': (r) => r.status === 200 });
}
