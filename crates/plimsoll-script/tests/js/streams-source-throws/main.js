// Exceptions of start, pull and size.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  try { new ReadableStream({ start() { throw new RangeError('in start'); } }); } catch (e) { console.log(e.message); }
  const show = (stream) => stream.getReader().read().then(() => console.log('no error'), (e) => console.log(e.message ?? e));
  await show(new ReadableStream({ start() { return Promise.reject(new Error('start rejects')); } }));
  await show(new ReadableStream({ pull() { throw new Error('in pull'); } }));
  await show(new ReadableStream({ async pull() { throw new Error('pull rejects'); } }));
  await show(new ReadableStream({ start(c) { try { c.enqueue(1); } catch (e) { console.log('seen', e.message); } } }, { size() { throw new Error('in size'); } }));
  for (const size of [-1, NaN, Infinity]) {
    new ReadableStream({ start(c) { try { c.enqueue(1); } catch (e) { console.log(e.name); } } }, { size: () => size });
  }
}
