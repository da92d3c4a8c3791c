// Characters may lie across the pieces of a stream.
export default function () {
  const bytes = new TextEncoder().encode('\ufeffaé€🚢');
  const decoder = new TextDecoder();
  let text = '';
  for (let at = 0; at < bytes.length; at += 1) text += decoder.decode(bytes.subarray(at, at + 1), { stream: true });
  text += decoder.decode();
  console.log(text, text.length);
  console.log(decoder.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) === '', decoder.decode());
  console.log(decoder.decode(new Uint8Array([65])), 'starts anew');
  const fatal = new TextDecoder('utf-8', { fatal: true });
  console.log(fatal.decode(new Uint8Array([0xe2]), { stream: true }) === '');
  try {
    fatal.decode();
  } catch (error) {
    console.log(`${error}`);
  }
}
