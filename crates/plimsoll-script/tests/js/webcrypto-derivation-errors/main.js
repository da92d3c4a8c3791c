// Lengths and parameters that PBKDF2 and HKDF cannot have.
const no = (promise) => promise.then((bits) => bits.byteLength, (error) => `${error.name}: ${error.message}`);
const raw = new Uint8Array(8);

export default async function () {
  for (const name of ['PBKDF2', 'HKDF']) {
    const key = await crypto.subtle.importKey('raw', raw, name, false, ['deriveBits', 'deriveKey']);
    const how = { name, hash: 'SHA-256', salt: raw, info: raw, iterations: 2 };
    for (const length of [null, undefined, 0, 12, 255 * 256 + 8, 2 ** 31, -8, 'x']) {
      if (name === 'HKDF' || length !== 255 * 256 + 8) console.log(name, length, await no(crypto.subtle.deriveBits(how, key, length)));
    }
    for (const member of ['hash', 'salt', name === 'HKDF' ? 'info' : 'iterations']) {
      console.log(await no(crypto.subtle.deriveBits({ ...how, [member]: undefined }, key, 8)));
    }
    console.log(await no(crypto.subtle.importKey('raw', raw, name, true, ['deriveBits'])));
    console.log(await no(crypto.subtle.importKey('raw', raw, name, false, ['encrypt'])));
    console.log(await no(crypto.subtle.importKey('jwk', { kty: 'oct', k: 'AAEC' }, name, false, ['deriveBits'])));
    console.log(await no(crypto.subtle.exportKey('raw', key)));
    for (const derived of [{ name: 'AES-CBC' }, { name: 'AES-CBC', length: 5 }, { name: 'ECDSA', namedCurve: 'P-256' }]) {
      console.log(await no(crypto.subtle.deriveKey(how, key, derived, true, ['encrypt'])));
    }
    console.log(await no(crypto.subtle.deriveKey(how, key, { name: 'AES-CBC', length: 128 }, true, [])));
  }
  const key = await crypto.subtle.importKey('raw', raw, 'PBKDF2', false, ['deriveBits']);
  console.log(await no(crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: raw, iterations: 0 }, key, 8)));
}
