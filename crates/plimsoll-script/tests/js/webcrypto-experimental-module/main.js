// The module of k6 1.x gives the global object.
import { crypto as webcrypto } from 'k6/experimental/webcrypto';
import all from 'k6/experimental/webcrypto';

export default async function () {
  console.log(webcrypto === crypto, all.crypto === crypto, Object.keys(all).join());
  console.log((await webcrypto.subtle.digest('SHA-1', new Uint8Array(0))).byteLength);
}
