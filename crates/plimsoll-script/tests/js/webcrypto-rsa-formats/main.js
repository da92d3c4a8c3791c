// One pair of keys in each form, and for each of the algorithms and hashes.
export default async function () {
  const make = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
  const pair = await crypto.subtle.generateKey(make, true, ['sign', 'verify']);
  const spki = await crypto.subtle.exportKey('spki', pair.publicKey);
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', pair.privateKey);
  console.log(spki.byteLength, pkcs8.byteLength > 1200);
  const data = new Uint8Array(3);
  for (const name of ['RSA-PSS', 'RSASSA-PKCS1-v1_5', 'RSA-OAEP']) {
    for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
      const [usual, secret] = name === 'RSA-OAEP' ? ['encrypt', 'decrypt'] : ['verify', 'sign'];
      const open = await crypto.subtle.importKey('spki', spki, { name, hash }, true, [usual]);
      const closed = await crypto.subtle.importKey('pkcs8', pkcs8, { name, hash }, true, [secret]);
      const jwk = await crypto.subtle.exportKey('jwk', closed);
      const shown = await crypto.subtle.exportKey('jwk', open);
      const again = await crypto.subtle.importKey('jwk', jwk, { name, hash }, true, [secret]);
      const seen = await crypto.subtle.importKey('jwk', shown, { name, hash }, true, [usual]);
      const how = { name, saltLength: 10 };
      const works = usual === 'encrypt'
        ? (await crypto.subtle.decrypt(how, again, await crypto.subtle.encrypt(how, seen, data))).byteLength === 3
        : await crypto.subtle.sign(how, again, data).then((signature) => crypto.subtle.verify(how, seen, signature, data), (error) => error.message);
      console.log(jwk.alg, Object.keys(jwk).sort().join(), Object.keys(shown).sort().join(), works);
    }
  }
}
