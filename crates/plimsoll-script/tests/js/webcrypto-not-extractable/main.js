// Secrets do not leave keys that are not extractable, in no form and not wrapped.
const no = (promise) => promise.then(() => 'LEAKED', (error) => `${error.name}: ${error.message}`);

export default async function () {
  const raw = new Uint8Array(16);
  const key = await crypto.subtle.importKey('raw', raw, 'AES-CBC', false, ['encrypt']);
  const wrapping = await crypto.subtle.importKey('raw', raw, 'AES-KW', false, ['wrapKey']);
  console.log(await no(crypto.subtle.exportKey('raw', key)));
  console.log(await no(crypto.subtle.exportKey('jwk', key)));
  console.log(await no(crypto.subtle.wrapKey('raw', key, wrapping, 'AES-KW')));
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  console.log(await no(crypto.subtle.exportKey('pkcs8', pair.privateKey)));
  console.log(pair.publicKey.extractable, (await crypto.subtle.exportKey('raw', pair.publicKey)).byteLength);
  console.log(JSON.stringify(key), Object.getOwnPropertyNames(key).join());
}
