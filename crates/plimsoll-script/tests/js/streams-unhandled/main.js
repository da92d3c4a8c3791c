// A read that is rejected and not handled is an error of the iteration.
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1, vus: 1 };
export default function () {
  new ReadableStream({ pull() { throw new Error('no source'); } }).getReader().read();
}
