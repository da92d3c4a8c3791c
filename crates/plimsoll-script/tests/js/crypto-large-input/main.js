// Much input, in one piece and in many, while a timer of the same VU waits.
import { createHash, sha256 } from 'k6/crypto';

export default function () {
  const large = new Uint8Array(300_001);
  large.fill(97);
  const hasher = createHash('sha256');
  for (let at = 0; at < large.length; at += 9_991) hasher.update(large.subarray(at, at + 9_991));
  console.log(sha256(large, 'hex'), sha256(large, 'hex') === hasher.digest('hex'));
  setTimeout(() => console.log('still there'), 1);
}
