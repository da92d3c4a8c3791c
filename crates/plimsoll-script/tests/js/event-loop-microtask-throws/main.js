// What queueMicrotask's function throws is an exception of the iteration.
export const options = { iterations: 1, vus: 1 };
export default function () {
  queueMicrotask(() => { throw new RangeError('in a job'); });
}
