// A counter of few bits begins again without touching the rest of the block.
import { b64encode } from 'k6/encoding';

export default async function () {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-CTR', true, ['encrypt']);
  const counter = new Uint8Array(16).fill(255);
  for (const length of [1, 8, 64, 127, 128]) {
    const stream = await crypto.subtle.encrypt({ name: 'AES-CTR', counter, length }, key, new Uint8Array(32));
    console.log(length, b64encode(stream));
  }
}
