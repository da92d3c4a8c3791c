// Random bytes are as many as asked for, and others each time.
import crypto, { randomBytes, hexEncode } from 'k6/crypto';

export default function () {
  const bytes = randomBytes(16);
  console.log(bytes instanceof ArrayBuffer, bytes.byteLength, randomBytes(2.9).byteLength);
  console.log(hexEncode(bytes) === hexEncode(crypto.randomBytes(16)), hexEncode(bytes).length);
  console.log(hexEncode(new Uint8Array([0, 15, 255])), hexEncode('ü'), hexEncode(''));
}
