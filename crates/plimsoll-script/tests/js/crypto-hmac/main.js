// HMAC with each hash; keys are strings or bytes, of any length.
import { hmac } from 'k6/crypto';

const names = ['md4', 'md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256', 'ripemd160'];

export default function () {
  for (const name of names) console.log(name, hmac(name, 'a secret', 'some data to hash', 'hex'));
  console.log(hmac('sha256', new Uint8Array([107]), 'x', 'hex') === hmac('sha256', 'k', 'x', 'hex'));
  console.log(hmac('sha256', '', '', 'base64'));
  console.log(hmac('sha256', 'k'.repeat(500), 'x', 'base64rawurl'));
}
