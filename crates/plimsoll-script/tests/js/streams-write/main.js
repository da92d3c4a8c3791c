// Chunks reach the sink in order, one at a time.
import { WritableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const log = [];
  const stream = new WritableStream({
    start() { log.push('start'); },
    write(chunk) { log.push(`write ${chunk}`); return new Promise((r) => setTimeout(() => { log.push(`wrote ${chunk}`); r(); }, 2)); },
    close() { log.push('close'); },
  });
  const writer = stream.getWriter();
  writer.write('a'); writer.write('b');
  await writer.close();
  log.push(String(await writer.closed));
  console.log(log.join(' | '), stream.locked, String(stream));
}
