// Both sides come to the same secret; a public key that leads to nothing is refused.
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

export default async function () {
  const make = () => crypto.subtle.generateKey('X25519', true, ['deriveBits', 'deriveKey']);
  const [one, two] = [await make(), await make()];
  const left = await crypto.subtle.deriveBits({ name: 'X25519', public: two.publicKey }, one.privateKey, 256);
  const right = await crypto.subtle.deriveBits({ name: 'X25519', public: one.publicKey }, two.privateKey);
  console.log(left.byteLength, hex(left) === hex(right));
  for (const [format, key] of [['raw', one.publicKey], ['spki', one.publicKey], ['jwk', one.publicKey], ['pkcs8', one.privateKey], ['jwk', one.privateKey]]) {
    const away = await crypto.subtle.exportKey(format, key);
    const back = await crypto.subtle.importKey(format, away, 'X25519', true, key.type === 'private' ? ['deriveBits'] : []);
    console.log(format, back.type, away.byteLength ?? away.crv);
  }
  const zero = await crypto.subtle.importKey('raw', new Uint8Array(32), 'X25519', true, []);
  await crypto.subtle.deriveBits({ name: 'X25519', public: zero }, one.privateKey, 256).catch((error) => console.log(error.name));
}
