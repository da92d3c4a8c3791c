// Malformed bytes become U+FFFD, or a TypeError.
export default function () {
  const malformed = [[0xff], [0xc3], [0xe2, 0x82], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x41, 0x80, 0x42]];
  const lenient = new TextDecoder('utf-8', { fatal: false });
  const fatal = new TextDecoder('utf-8', { fatal: true });
  console.log(lenient.fatal, fatal.fatal, fatal.ignoreBOM);
  for (const bytes of malformed) {
    console.log(lenient.decode(new Uint8Array(bytes)));
    try {
      fatal.decode(new Uint8Array(bytes));
    } catch (error) {
      console.log(error instanceof TypeError, error.message);
    }
  }
  console.log(fatal.decode(new Uint8Array([0x6f, 0x6b])), 'after the errors');
  console.log(new TextDecoder('utf-16le').decode(new Uint8Array([0x41])), 'half of a unit');
}
