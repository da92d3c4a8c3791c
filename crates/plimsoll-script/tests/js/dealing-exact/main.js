import { unique, circular } from 'plimsoll/data';
import { SharedArray } from 'k6/data';
import { Counter } from 'k6/metrics';

export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 10, iterations: 10 } }, thresholds: { sum: ['count==4950'], twice: ['count==500'] } };

const numbers = new SharedArray('numbers', () => Array.from({ length: 100 }, (_, i) => i));
const tens = new SharedArray('tens', () => Array.from({ length: 10 }, (_, i) => i + 0.5));
const each = unique(numbers);
const round = circular(tens);
const sum = new Counter('sum');
const twice = new Counter('twice');

export function setup() { console.log('every number is dealt once, every ten ten times'); }

export default function () {
  sum.add(each.next());
  twice.add(round.next());
}

export function teardown() {
  try { each.next(); } catch (e) { console.log(e.message); }
}
