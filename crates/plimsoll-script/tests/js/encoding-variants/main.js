// The four variants of Base64, there and back.
import { b64encode, b64decode } from 'k6/encoding';

const bytes = new Uint8Array([0xfb, 0xff, 0xfe, 0x00]);

export default function () {
  for (const variant of ['std', 'rawstd', 'url', 'rawurl', 'nonsense', undefined, null]) {
    const text = b64encode(bytes, variant);
    console.log(variant, text, new Uint8Array(b64decode(text, variant)).join());
  }
}
