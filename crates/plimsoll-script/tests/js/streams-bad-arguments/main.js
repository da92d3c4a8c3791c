// What constructors refuse.
import { ReadableStream, WritableStream, ReadableStreamDefaultReader, WritableStreamDefaultWriter } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default function () {
  for (const bad of [() => new ReadableStream(null), () => new ReadableStream(1), () => new ReadableStream({ start: 1 }), () => new ReadableStream({ pull: {} }), () => new ReadableStream({ cancel: 'x' }), () => new ReadableStream({ type: 'other' }), () => ReadableStream(),
    () => new WritableStream(null), () => new WritableStream({ write: 1 }), () => new WritableStream({ type: 'bytes' }), () => new ReadableStreamDefaultReader({}), () => new ReadableStreamDefaultReader(), () => new WritableStreamDefaultWriter({}), () => ReadableStream.prototype.getReader.call({})]) {
    try { bad(); console.log('no error'); } catch (e) { console.log(e.name); }
  }
}
