// Closing twice, writing after it.
import { WritableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const state = (p) => p.then(() => 'done', (e) => `rejected ${e.name}`);
  const stream = new WritableStream();
  const writer = stream.getWriter();
  console.log(await state(stream.close()), await state(stream.abort()));
  const closing = writer.close();
  console.log(await state(writer.close()), await state(writer.write(1)), await state(closing), writer.desiredSize);
  writer.releaseLock();
  console.log(stream.locked, await state(stream.close()), await state(writer.close()), await state(writer.closed));
  try { writer.desiredSize; } catch (e) { console.log(e.name); }
  console.log(await state(new WritableStream().close()), await state(new WritableStream().abort()));
}
