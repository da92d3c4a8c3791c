// All hashes, by name in any case or as an object, over buffers, views and parts of them.
import { b64encode } from 'k6/encoding';

const text = new TextEncoder().encode('abc');

export default async function () {
  for (const hash of ['SHA-1', 'sha-256', { name: 'Sha-384' }, 'SHA-512']) {
    console.log(hash.name ?? hash, b64encode(await crypto.subtle.digest(hash, text)));
  }
  const part = new Uint8Array([0, 97, 98, 99, 0]);
  const one = b64encode(await crypto.subtle.digest('SHA-1', part.subarray(1, 4)));
  const two = b64encode(await crypto.subtle.digest('SHA-1', new DataView(part.buffer, 1, 3)));
  const three = b64encode(await crypto.subtle.digest('SHA-1', text.buffer));
  console.log(one, one === two, two === three);
}
