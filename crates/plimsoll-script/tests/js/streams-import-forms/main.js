// The module in each form of import; the same classes in each.
import streams from 'k6/experimental/streams';
import * as all from 'k6/experimental/streams';
import { ReadableStream } from 'k6/experimental/streams';
export const options = { iterations: 1 };

export default function () {
  console.log(Object.keys(streams).join(), streams.ReadableStream === ReadableStream, all.ReadableStream === ReadableStream);
  console.log(new Blob(['x']).stream() instanceof ReadableStream);
}
