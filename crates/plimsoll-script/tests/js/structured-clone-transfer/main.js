// What is transferred is gone from its owner.
export const options = { iterations: 1 };

export default function () {
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  const copy = structuredClone({ buffer }, { transfer: [buffer] });
  console.log(copy.buffer.byteLength, buffer.byteLength, new Uint8Array(copy.buffer).join());
  for (const transfer of [[buffer], [{}], [new ArrayBuffer(1), 1]]) {
    try { structuredClone(1, { transfer }); console.log('no error'); } catch (e) { console.log(e.name); }
  }
  const twice = new ArrayBuffer(1);
  try { structuredClone(1, { transfer: [twice, twice] }); } catch (e) { console.log(e.name, twice.byteLength); }
  try { structuredClone(buffer); } catch (e) { console.log(e.name); }
  console.log(structuredClone(1, {}), structuredClone(2, undefined), structuredClone(3, { transfer: [] }), structuredClone(4, null));
}
