// A hash in pieces. digest() may be called in between.
import { createHash, createHMAC, sha256, hmac } from 'k6/crypto';

export default function () {
  const hasher = createHash('sha256');
  console.log(hasher.digest('hex') === sha256('', 'hex'));
  hasher.update('hel');
  console.log(hasher.digest('hex') === sha256('hel', 'hex'));
  console.log(hasher.update(new Uint8Array([108, 111])));
  console.log(hasher.digest('hex') === sha256('hello', 'hex'), hasher.digest('base64'));
  const { update, digest } = createHMAC('sha1', 'secret');
  update('hello');
  console.log(digest('hex'), digest('hex') === hmac('sha1', 'secret', 'hello', 'hex'));
}
