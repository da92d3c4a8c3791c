// What cannot be wrapped or unwrapped.
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);
const usages = ['wrapKey', 'unwrapKey', 'encrypt'];
const raw = new Uint8Array(16);

export default async function () {
  const gcm = { name: 'AES-GCM', iv: raw };
  const outer = await crypto.subtle.importKey('raw', raw, 'AES-GCM', true, usages);
  const kw = await crypto.subtle.importKey('raw', raw, 'AES-KW', true, ['wrapKey', 'unwrapKey']);
  const unwrap = (format, data, key, how) => no(crypto.subtle.unwrapKey(format, data, key, how, 'AES-CBC', true, ['encrypt']));
  console.log(await unwrap('raw', raw, kw, 'AES-KW'));
  console.log(await unwrap('raw', new Uint8Array(3), kw, 'AES-KW'));
  console.log(await unwrap('raw', new Uint8Array(0), kw, 'AES-KW'));
  console.log(await unwrap('jwk', await crypto.subtle.wrapKey('raw', outer, outer, gcm), outer, gcm));
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  console.log(await unwrap('raw', await crypto.subtle.wrapKey('spki', pair.publicKey, outer, gcm), outer, gcm));
  console.log(await no(crypto.subtle.wrapKey('spki', pair.publicKey, kw, 'AES-KW')));
  console.log(await no(crypto.subtle.wrapKey('raw', outer, pair.publicKey, gcm)));
  console.log(await no(crypto.subtle.encrypt('AES-KW', kw, raw)));
  const middle = await crypto.subtle.generateKey({ name: 'AES-KW', length: 192 }, true, ['wrapKey']);
  console.log(await no(crypto.subtle.wrapKey('raw', outer, middle, 'AES-KW')));
}
