// abort drops what waits and tells the sink why.
import { WritableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const stream = new WritableStream({ write: () => new Promise((r) => setTimeout(r, 2)), abort(reason) { console.log('aborted', reason); } });
  const writer = stream.getWriter();
  const first = writer.write(1), second = writer.write(2);
  const aborting = writer.abort('enough');
  const state = (p) => p.then(() => 'done', (e) => `rejected ${e}`);
  console.log(await state(first), await state(second), await state(aborting), await state(writer.closed), await state(writer.write(3)), writer.desiredSize);
  console.log(await state(writer.abort('again')));
}
