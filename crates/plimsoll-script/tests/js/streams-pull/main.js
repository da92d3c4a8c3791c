// pull is called when there is room, one call at a time.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const log = [];
  let next = 0;
  const stream = new ReadableStream({
    pull(c) {
      log.push(`pull ${next} room ${c.desiredSize}`);
      c.enqueue(next++);
      if (next === 4) c.close();
      return new Promise((resolve) => setTimeout(resolve, 1));
    },
  }, { highWaterMark: 2 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  log.push('reading');
  const reader = stream.getReader();
  for (;;) { const { value, done } = await reader.read(); log.push(`${value} ${done}`); if (done) break; }
  console.log(log.join('\n'));
}
