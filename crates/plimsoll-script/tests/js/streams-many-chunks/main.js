// Ten thousand chunks from one end to the other.
import { ReadableStream, WritableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  let n = 0, sum = 0;
  const source = new ReadableStream({ pull(c) { if (n === 10000) c.close(); else c.enqueue(n++); } }, { highWaterMark: 16 });
  const writer = new WritableStream({ write(chunk) { sum += chunk; } }).getWriter();
  for await (const chunk of source) await writer.write(chunk);
  await writer.close();
  console.log(sum);
}
