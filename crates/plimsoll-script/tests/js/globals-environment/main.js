// Writes to __ENV stay in their VU, from iteration to iteration.
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
export function setup() { __ENV.FROM_SETUP = 'x'; }
export default function () {
  __ENV.SEEN = (__ENV.SEEN ?? '') + __ITER;
  console.log(__ENV.NAME, __ENV.SEEN, __ENV.FROM_SETUP, 'SEEN' in __ENV, typeof __ENV.MISSING);
}
