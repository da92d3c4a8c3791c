// A key does what its usages say and nothing else.
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);
const iv = new Uint8Array(16);
const cbc = { name: 'AES-CBC', iv };

export default async function () {
  const raw = new Uint8Array(16);
  const encrypting = await crypto.subtle.importKey('raw', raw, 'AES-CBC', true, ['encrypt']);
  console.log(await no(crypto.subtle.encrypt(cbc, encrypting, raw)));
  console.log(await no(crypto.subtle.decrypt(cbc, encrypting, raw)));
  console.log(await no(crypto.subtle.encrypt({ name: 'AES-CTR', counter: iv, length: 64 }, encrypting, raw)));
  console.log(await no(crypto.subtle.sign('HMAC', encrypting, raw)));
  console.log(await no(crypto.subtle.wrapKey('raw', encrypting, encrypting, cbc)));
  console.log(await no(crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-1', salt: raw, info: raw }, encrypting, 8)));
  console.log(await no(crypto.subtle.importKey('raw', raw, 'AES-CBC', true, ['sign'])));
  console.log(await no(crypto.subtle.importKey('raw', raw, 'AES-CBC', true, [])));
  console.log(await no(crypto.subtle.importKey('raw', raw, 'AES-CBC', true, ['fly'])));
  console.log(await no(crypto.subtle.importKey('raw', raw, 'AES-CBC', true, 'encrypt')));
  console.log(await no(crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])));
  console.log(await no(crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['encrypt'])));
}
