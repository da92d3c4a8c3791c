// What counts as a number: what JavaScript makes one of, but for NaN, null and undefined.
import { Trend, Counter } from 'k6/metrics';

const trend = new Trend('values');
const again = new Trend('values');
export const options = { iterations: 1 };

export default function () {
  console.log(trend === again, trend.name === again.name);
  for (const value of [7, '7', ' 7.5 ', true, false, '', [7], [], new Date(5), 0, -1, Infinity, -Infinity]) {
    console.log(value, trend.add(value));
  }
  for (const value of [NaN, null, undefined, 'x', {}, [1, 2], () => 1, [undefined, 1]]) {
    console.log(value, trend.add(value));
  }
  for (const value of [1n, Symbol('s'), { valueOf() { throw new Error('mine'); } }]) {
    try { console.log(trend.add(value)); } catch (e) { console.log(e.name, e.message); }
  }
  for (const tags of [{ a: {} }, 'text', 5, { a: null }]) {
    try { console.log(trend.add(1, tags)); } catch (e) { console.log(e.name, e.message); }
  }
  console.log(trend.add(1, null), trend.add(1, undefined), trend.add(1, {}), again.add(1, { a: 1, b: true }));
}
