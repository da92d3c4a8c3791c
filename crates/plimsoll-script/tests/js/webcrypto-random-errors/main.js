// What cannot be filled is refused with the names of the specification.
export default function () {
  for (const view of [undefined, null, 7, 'text', [], new ArrayBuffer(8), new DataView(new ArrayBuffer(8)),
    new Float32Array(2), new Float64Array(2), { [Symbol.toStringTag]: 'Uint8Array' }]) {
    try {
      crypto.getRandomValues(view);
    } catch (error) {
      console.log(error.name, error.message, error instanceof DOMException, error instanceof Error);
    }
  }
  try {
    crypto.getRandomValues(new Uint8Array(65537));
  } catch (error) {
    console.log(error.name, error.message, error.code);
  }
  crypto.getRandomValues();
}
