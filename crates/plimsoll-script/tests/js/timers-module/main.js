import timers, { setTimeout as later, clearTimeout as never } from 'k6/timers';

export default function () {
  later((text) => console.log(text), 2, 'second');
  never(later(() => console.log('never'), 1));
  let ticks = 0;
  const id = timers.setInterval(() => { if (++ticks === 3) { console.log('third'); timers.clearInterval(id); } }, 3);
  console.log('first', typeof timers.setTimeout, later === timers.setTimeout);
}
