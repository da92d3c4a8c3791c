// Each hash of "hello", from a string and from bytes.
import crypto from 'k6/crypto';

const names = ['md4', 'md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256', 'ripemd160'];

export default function () {
  const bytes = new Uint8Array([104, 101, 108, 108, 111]);
  for (const name of names) {
    const hash = crypto[name]('hello', 'hex');
    console.log(name, hash, crypto[name](bytes, 'hex') === hash, crypto[name](bytes.buffer, 'hex') === hash);
  }
  console.log(crypto.sha256('', 'hex'));
  console.log(crypto.md5('grüß dich 🚢', 'hex'));
}
