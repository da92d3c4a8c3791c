// highWaterMark and size decide how much is asked for.
import { ReadableStream, CountQueuingStrategy } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default function () {
  const room = (strategy) => { let c; new ReadableStream({ start(controller) { c = controller; c.enqueue('four'); } }, strategy); return c.desiredSize; };
  console.log(room(), room({}), room({ highWaterMark: 5 }), room({ highWaterMark: 0 }), room({ highWaterMark: '3' }), room({ highWaterMark: Infinity }));
  console.log(room({ highWaterMark: 10, size: (chunk) => chunk.length }), room(new CountQueuingStrategy({ highWaterMark: 7 })));
  for (const bad of [{ highWaterMark: -1 }, { highWaterMark: NaN }, { highWaterMark: 'x' }, { size: 1 }, 1]) {
    try { room(bad); console.log('no error'); } catch (e) { console.log(e.name); }
  }
}
