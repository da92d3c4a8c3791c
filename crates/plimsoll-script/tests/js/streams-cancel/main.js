// cancel reaches the source, once; what was queued is gone.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const stream = new ReadableStream({ start(c) { c.enqueue(1); }, cancel(reason) { console.log('cancelled', reason, this !== undefined); return 'ignored'; } });
  const reader = stream.getReader();
  console.log(await reader.cancel('enough'), JSON.stringify(await reader.read()), await reader.cancel('again'));
  await stream.cancel().catch((e) => console.log(e.name));
  reader.releaseLock();
  console.log(await stream.cancel('later'));
  await new ReadableStream({ cancel() { throw new RangeError('mine'); } }).cancel().catch((e) => console.log(e.message));
}
