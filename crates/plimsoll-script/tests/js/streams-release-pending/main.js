// Releasing the lock rejects reads that wait.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  let controller;
  const stream = new ReadableStream({ start(c) { controller = c; } });
  const reader = stream.getReader();
  const waiting = reader.read();
  reader.releaseLock();
  reader.releaseLock();
  await waiting.catch((e) => console.log(e.name));
  controller.enqueue('kept');
  console.log((await stream.getReader().read()).value);
}
