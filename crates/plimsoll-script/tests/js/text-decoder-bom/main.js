// A byte order mark is left out, unless it is to be kept.
export default function () {
  const marked = new Uint8Array([0xef, 0xbb, 0xbf, 0x41]);
  const little = new Uint8Array([0xff, 0xfe, 0x41, 0]);
  const decoder = new TextDecoder();
  console.log(decoder.decode(marked).length, decoder.decode(marked).length);
  console.log(new TextDecoder('utf-8', { ignoreBOM: true }).decode(marked).length);
  console.log(new TextDecoder('utf-16le').decode(little).length);
  console.log(new TextDecoder('utf-16le', { ignoreBOM: true }).decode(little).length);
  console.log(new TextDecoder('utf-16be').decode(little).length, 'the mark of another encoding stays');
}
