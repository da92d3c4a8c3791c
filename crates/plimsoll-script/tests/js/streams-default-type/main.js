// k6 takes the type 'default'; byte streams are not there.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const stream = new ReadableStream({ type: 'default', start(c) { c.enqueue(1); } });
  console.log((await stream.getReader().read()).value);
  try { new ReadableStream({ type: 'bytes' }); } catch (e) { console.log(e.name, e.message); }
  try { new ReadableStream().getReader({ mode: 'byob' }); } catch (e) { console.log(e.name, e.message); }
}
