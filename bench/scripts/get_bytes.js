// One GET per iteration whose body is thrown away: what `cargo xtask bench throughput` runs for bodies of 10 KB and 1 MB.
import http from 'k6/http';
import { check } from 'k6';

export const options = { discardResponseBodies: true };

const url = __ENV.TARGET_URL;

export default function () {
  const response = http.get(url);
  check(response, { 'status is 200': (r) => r.status === 200 });
}
