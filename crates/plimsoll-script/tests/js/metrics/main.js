import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const counter = new Counter('my_counter');
const gauge = Gauge('my_gauge');
const rate = new Rate('my_rate');
const trend = new Trend('my_trend', true);
for (const bad of [() => new Counter('x'), () => new Counter('9lives'), () => new Trend('my_counter'), () => new Trend('my_trend'), () => new Rate()]) {
  try { bad(); console.log('no error'); } catch (e) { console.log(e.name + ': ' + e.message); }
}

export default function () {
  console.log(counter.name, counter.add(2), counter.add('3'), counter.add(true), counter.add(1, { kind: 'x' }));
  console.log(gauge.add(7), rate.add(true), rate.add(false), trend.add(1.5));
  console.log(counter.add(NaN), counter.add(null), counter.add(), counter.add('nope'));
  try { new Counter('late'); } catch (e) { console.log(e.message); }
}
