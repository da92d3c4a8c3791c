// A sink that fails breaks the stream.
import { WritableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const state = (p) => p.then(() => 'done', (e) => `rejected ${e.message}`);
  const writer = new WritableStream({ write(chunk) { if (chunk === 2) throw new Error('no two'); } }).getWriter();
  console.log(await state(writer.write(1)), await state(writer.write(2)), await state(writer.write(3)), await state(writer.closed), await state(writer.close()));
  const late = new WritableStream({ close() { throw new Error('no close'); } }).getWriter();
  console.log(await state(late.close()), await state(late.closed));
  const early = new WritableStream({ start() { return Promise.reject(new Error('no start')); } }).getWriter();
  console.log(await state(early.write(1)), await state(early.ready));
  const own = new WritableStream({ start(c) { c.error(new Error('by itself')); } }).getWriter();
  console.log(await state(own.closed));
}
