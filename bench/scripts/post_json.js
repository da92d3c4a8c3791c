// One POST of a JSON document per iteration, and a look into the answer: what `cargo xtask bench throughput` runs for
// `--workload post`. The other generators send the same bytes.
import http from 'k6/http';
import { check } from 'k6';

const url = __ENV.TARGET_URL;
const params = { headers: { 'Content-Type': 'application/json' } };

export default function () {
  const body = JSON.stringify({ title: 'Printer on fire', description: 'It burns.', priority: 'URGENT', tags: [1, 2, 3] });
  const response = http.post(url, body, params);
  check(response, { 'status is 200': (r) => r.status === 200, 'it is ours': (r) => r.json('id') === 42 });
}
