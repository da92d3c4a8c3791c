// The encodings of a hash.
import { md5 } from 'k6/crypto';

export default function () {
  for (const encoding of ['hex', 'base64', 'base64url', 'base64rawurl']) console.log(encoding, md5('7', encoding));
  const buffer = md5('7', 'binary');
  console.log(buffer instanceof ArrayBuffer, buffer.byteLength, new Uint8Array(buffer)[0]);
}
