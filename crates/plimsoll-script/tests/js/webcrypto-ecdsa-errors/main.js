// Wrong curves, wrong kinds, wrong bytes.
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const data = new Uint8Array(5);

export default async function () {
  for (const namedCurve of [undefined, 'P-224', 'p-256', 'secp256k1', 256]) {
    console.log(await no(crypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign'])));
  }
  const pair = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  console.log(await no(crypto.subtle.sign({ name: 'ECDSA' }, pair.privateKey, data)));
  console.log(await no(crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-2' }, pair.privateKey, data)));
  console.log(await no(crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.publicKey, data)));
  console.log(await no(crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, data, data)));
  console.log(await no(crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair, data)));
  console.log(await no(crypto.subtle.importKey('raw', new Uint8Array(65).fill(4), P256, true, ['verify'])));
  console.log(await no(crypto.subtle.importKey('raw', new Uint8Array(0), P256, true, ['verify'])));
  console.log(await no(crypto.subtle.importKey('spki', data, P256, true, ['verify'])));
  console.log(await no(crypto.subtle.importKey('pkcs8', data, P256, true, ['sign'])));
  const point = await crypto.subtle.exportKey('raw', pair.publicKey);
  console.log(await no(crypto.subtle.importKey('raw', point, { ...P256, namedCurve: 'P-384' }, true, ['verify'])));
  console.log(await no(crypto.subtle.importKey('raw', point, P256, true, ['sign'])));
  console.log(await no(crypto.subtle.importKey('pkcs8', await crypto.subtle.exportKey('pkcs8', pair.privateKey), P256, true, [])));
  console.log(await no(crypto.subtle.exportKey('raw', pair.privateKey)));
  console.log(await no(crypto.subtle.exportKey('pkcs8', pair.publicKey)));
  console.log(await no(crypto.subtle.exportKey('spki', pair.privateKey)));
  console.log(await no(crypto.subtle.exportKey('pem', pair.privateKey)));
}
