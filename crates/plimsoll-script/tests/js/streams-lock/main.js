// One reader at a time.
import { ReadableStream, ReadableStreamDefaultReader } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const stream = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); } });
  console.log(stream.locked);
  const reader = stream.getReader();
  console.log(stream.locked, reader instanceof ReadableStreamDefaultReader);
  try { stream.getReader(); } catch (e) { console.log(e.name); }
  try { new ReadableStreamDefaultReader(stream); } catch (e) { console.log(e.name); }
  await stream.cancel().catch((e) => console.log(e.name));
  console.log((await reader.read()).value);
  reader.releaseLock();
  console.log(stream.locked);
  await reader.read().catch((e) => console.log(e.name));
  await reader.closed.catch((e) => console.log(e.name));
  console.log((await new ReadableStreamDefaultReader(stream).read()).value);
}
