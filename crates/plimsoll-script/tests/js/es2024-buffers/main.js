// Buffers that grow; what moves them is not there.
export const options = { iterations: 1 };

export default function () {
  const buffer = new ArrayBuffer(2, { maxByteLength: 4 });
  buffer.resize(4);
  console.log(buffer.byteLength, buffer.resizable, buffer.maxByteLength, typeof ArrayBuffer.prototype.transfer);
}
