// Buffers and views; views of one buffer stay so.
export const options = { iterations: 1 };

export default function () {
  const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
  const [bytes, words, view] = structuredClone([new Uint8Array(buffer, 2, 3), new Uint16Array(buffer), new DataView(buffer, 1, 4)]);
  console.log(bytes.join(), words.length, view.byteLength, view.getUint8(0), bytes.buffer === words.buffer, bytes.buffer !== buffer);
  bytes[0] = 99;
  console.log(view.getUint8(1), new Uint8Array(buffer)[2]);
  for (const kind of [Int8Array, Uint8ClampedArray, Int16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array]) {
    const copy = structuredClone(new kind(2));
    console.log(copy.constructor === kind, copy.length);
  }
}
