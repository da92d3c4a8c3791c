// Code, then jobs, then timers by their time.
export const options = { iterations: 1 };

export default function () {
  setTimeout(() => console.log('timer 3'), 3);
  setTimeout(() => { console.log('timer 1'); queueMicrotask(() => console.log('job of the timer')); }, 1);
  setTimeout(() => console.log('timer 1 too'), 1);
  Promise.resolve().then(() => console.log('job 1')).then(() => console.log('job 3'));
  queueMicrotask(() => console.log('job 2'));
  console.log('code');
}
