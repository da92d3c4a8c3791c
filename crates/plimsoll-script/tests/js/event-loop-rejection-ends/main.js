// The first unhandled rejection ends the iteration: timers that wait do not run.
export const options = { iterations: 2, vus: 1 };
export default function () {
  if (__ITER === 1) { console.log('next'); return; }
  setTimeout(() => console.log('never'), 50);
  Promise.reject(new Error('now'));
}
