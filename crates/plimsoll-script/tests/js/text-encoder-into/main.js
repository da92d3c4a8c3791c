// encodeInto() writes whole characters, as many as fit, and says how many.
export default function () {
  const encoder = new TextEncoder();
  for (const [text, room] of [['abc', 5], ['abc', 2], ['a€b', 3], ['a€b', 4], ['🚢!', 4], ['', 1], ['x', 0]]) {
    const buffer = new Uint8Array(room + 2);
    const result = encoder.encodeInto(text, buffer.subarray(1, 1 + room));
    console.log(text, room, result.read, result.written, buffer.join());
  }
  for (const target of [undefined, [], new ArrayBuffer(4), new Uint16Array(4)]) {
    try {
      encoder.encodeInto('x', target);
    } catch (error) {
      console.log(`${error}`);
    }
  }
}
