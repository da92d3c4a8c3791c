// An error of the source rejects what waits and what comes.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  let controller;
  const stream = new ReadableStream({ start(c) { controller = c; } });
  const reader = stream.getReader();
  const waiting = reader.read();
  controller.error(new RangeError('broken'));
  for (const promise of [waiting, reader.read(), reader.closed, reader.cancel()]) {
    await promise.then(() => console.log('no error'), (e) => console.log(e.name, e.message));
  }
  console.log(controller.desiredSize);
  try { controller.enqueue(1); } catch (e) { console.log(e.name); }
  try { controller.close(); } catch (e) { console.log(e.name); }
  controller.error('twice');
}
