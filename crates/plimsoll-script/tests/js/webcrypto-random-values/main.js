// Every view of integers is filled in place, and returned.
export default function () {
  const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    BigInt64Array, BigUint64Array];
  for (const kind of kinds) {
    const view = new kind(64);
    const same = crypto.getRandomValues(view) === view;
    console.log(kind.name, same, view.some((value) => value != 0));
  }
  const buffer = new Uint8Array(300);
  crypto.getRandomValues(buffer.subarray(100, 200));
  const filled = (from, to) => buffer.slice(from, to).some((byte) => byte !== 0);
  console.log(filled(0, 100), filled(100, 200), filled(200, 300));
  console.log(crypto.getRandomValues(new Uint8Array(0)).length, crypto.getRandomValues(new Uint8Array(65536)).length);
}
