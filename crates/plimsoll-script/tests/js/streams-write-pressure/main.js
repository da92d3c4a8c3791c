// desiredSize and ready tell how much is welcome.
import { WritableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  const gates = [];
  const stream = new WritableStream({ write: () => new Promise((r) => gates.push(r)) }, { highWaterMark: 2 });
  const writer = stream.getWriter();
  console.log(writer.desiredSize);
  await writer.ready;
  const first = writer.write(1); const second = writer.write(2);
  console.log(writer.desiredSize);
  let isReady = false;
  const ready = writer.ready.then(() => { isReady = true; });
  await new Promise((r) => setTimeout(r, 1));
  console.log(isReady, gates.length);
  gates.shift()(); await first; await ready;
  console.log(isReady, writer.desiredSize, gates.length);
  gates.shift()(); await second;
  console.log(writer.desiredSize);
}
