// Nothing has a digest too.
import { b64encode } from 'k6/encoding';

export default async function () {
  console.log(b64encode(await crypto.subtle.digest('SHA-256', new ArrayBuffer(0))));
  console.log(b64encode(await crypto.subtle.digest('SHA-256', new Uint8Array(3).subarray(1, 1))));
}
