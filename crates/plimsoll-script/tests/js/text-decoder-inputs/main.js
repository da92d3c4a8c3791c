// Buffers, views, and nothing at all.
export default function () {
  const decoder = new TextDecoder();
  const bytes = new Uint8Array([65, 195, 169, 226, 130, 172, 240, 159, 154, 162]);
  console.log(decoder.decode(bytes), decoder.decode(bytes.buffer), decoder.decode(new DataView(bytes.buffer, 3, 3)));
  console.log(decoder.decode() === '', decoder.decode(undefined) === '', decoder.decode(new ArrayBuffer(0)) === '');
  console.log(new TextDecoder('utf-16le').decode(new Uint16Array([0x41, 0xd83d, 0xdea2])));
  console.log(new TextDecoder('utf-16be').decode(new Uint8Array([0, 65, 0x20, 0xac])));
  console.log(new TextDecoder('latin1').decode(new Uint8Array([0xe9, 0x80])));
  console.log(decoder.decode(new Uint8Array(200_001).fill(97)).length);
  for (const input of ['text', 7, null, {}, []]) {
    try {
      console.log(decoder.decode(input));
    } catch (error) {
      console.log(`${error}`);
    }
  }
}
