// k6/timers gives the functions that are globals too.
import timers, { setTimeout as later, clearTimeout } from 'k6/timers';
import * as all from 'k6/timers';

export const options = { iterations: 1 };

export default function () {
  console.log(Object.keys(timers).join(), typeof all.setInterval);
  later((a, b) => console.log('later', a, b), 1, 'x', { y: 1 });
  clearTimeout(later(() => console.log('never'), 5));
  let ticks = 0;
  const id = timers.setInterval(() => {
    console.log('tick');
    if (++ticks === 2) timers.clearInterval(id);
  }, 3);
  for (const nonsense of [undefined, null, 'x', -1, 1e9, {}]) clearTimeout(nonsense);
  try { later('code', 1); } catch (e) { console.log(e.name); }
  try { later(); } catch (e) { console.log(e.name); }
}
