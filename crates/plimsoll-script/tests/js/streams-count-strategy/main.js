// CountQueuingStrategy counts chunks.
import { CountQueuingStrategy } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default function () {
  const strategy = new CountQueuingStrategy({ highWaterMark: 4 });
  console.log(strategy.highWaterMark, strategy.size('abc'), strategy.size(), strategy.size.name, String(strategy));
  console.log(new CountQueuingStrategy({ highWaterMark: '5' }).highWaterMark, new CountQueuingStrategy({ highWaterMark: -1 }).highWaterMark);
  for (const bad of [() => new CountQueuingStrategy(), () => new CountQueuingStrategy({}), () => new CountQueuingStrategy(null)]) {
    try { bad(); console.log('no error'); } catch (e) { console.log(e.name); }
  }
}
