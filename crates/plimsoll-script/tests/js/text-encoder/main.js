// Strings to UTF-8.
export default function () {
  const encoder = new TextEncoder();
  console.log(encoder.encoding, encoder instanceof TextEncoder, String(encoder));
  const bytes = encoder.encode('aé€🚢');
  console.log(bytes instanceof Uint8Array, bytes.join());
  console.log(encoder.encode().length, encoder.encode(undefined).length, encoder.encode('').length);
  console.log(encoder.encode(null).join(), encoder.encode(17).join(), encoder.encode('\ud800').join());
  console.log(encoder.encode('x'.repeat(1_000_000)).length);
}
