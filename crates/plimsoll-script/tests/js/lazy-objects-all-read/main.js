// An object of which every member has been read lists them as before.
import timers from 'k6/timers';

export const options = { iterations: 1 };

export default function () {
  for (const name of Object.keys(timers)) timers[name];
  console.log(Object.keys(timers).join(), Object.keys({ ...timers }).length, 'setTimeout' in timers);
  Promise.resolve().then(() => console.log('the loop goes on'));
}
