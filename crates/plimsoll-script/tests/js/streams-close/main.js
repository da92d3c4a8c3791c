// What is queued can be read after close; nothing can be added.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default async function () {
  let controller;
  const stream = new ReadableStream({ start(c) { controller = c; c.enqueue(1); } });
  controller.close();
  for (const bad of [() => controller.close(), () => controller.enqueue(2)]) { try { bad(); } catch (e) { console.log(e.name); } }
  console.log(controller.desiredSize);
  const reader = stream.getReader();
  console.log((await reader.read()).value, (await reader.read()).done, await reader.closed, controller.desiredSize);
}
