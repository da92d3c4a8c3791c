// What a source enqueues is read in order.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const stream = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue({ b: 1 }); c.enqueue(undefined); c.close(); } });
  const reader = stream.getReader();
  for (let i = 0; i < 5; i++) console.log(JSON.stringify(await reader.read()));
  await reader.closed;
  console.log(stream.locked, String(stream), String(reader));
}
