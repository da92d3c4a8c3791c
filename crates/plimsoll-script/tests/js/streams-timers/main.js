// A source that waits: reads wait with it, and the iteration for both.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  let timer, count = 0;
  const stream = new ReadableStream({
    start(c) { timer = setInterval(() => { c.enqueue(`tick ${++count}`); if (count === 3) { clearInterval(timer); c.close(); } }, 2); },
  });
  const reader = stream.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) console.log(step.value);
}
