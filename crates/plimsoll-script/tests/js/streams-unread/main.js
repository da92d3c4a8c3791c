// A stream that nobody reads does not keep the iteration.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default function () {
  new ReadableStream({ start(c) { c.enqueue(1); } }).getReader();
  new ReadableStream({ start(c) { c.error(new Error('nobody looks')); } }).getReader();
  console.log('done');
}
