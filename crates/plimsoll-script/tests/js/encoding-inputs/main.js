// What can be encoded: strings in UTF-8, buffers, and views of a part of one.
import encoding from 'k6/encoding';

export default function () {
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  console.log(encoding.b64encode(''), encoding.b64encode('héllo 🚢'));
  console.log(encoding.b64encode(bytes), encoding.b64encode(bytes.buffer));
  console.log(encoding.b64encode(bytes.subarray(2, 5)), encoding.b64encode(new DataView(bytes.buffer, 6)));
  console.log(encoding.b64encode(new Uint16Array([0x4241])), encoding.b64encode(new ArrayBuffer(0)) === '');
  console.log(encoding.b64encode('\ud800'), 'half of a pair becomes U+FFFD');
}
