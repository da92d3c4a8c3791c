// Both sides come to the same secret, as bits and as keys.
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

export default async function () {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const make = () => crypto.subtle.generateKey({ name: 'ECDH', namedCurve }, false, ['deriveBits', 'deriveKey']);
    const [one, two] = await Promise.all([make(), make()]);
    const all = [];
    for (const length of [null, undefined, 0, 8, 128, 100, 256]) {
      const left = await crypto.subtle.deriveBits({ name: 'ECDH', public: two.publicKey }, one.privateKey, length);
      const right = await crypto.subtle.deriveBits({ name: 'ECDH', public: one.publicKey }, two.privateKey, length);
      all.push(hex(left) === hex(right) ? left.byteLength : 'WRONG');
    }
    const aes = { name: 'AES-GCM', length: 256 };
    const seals = await crypto.subtle.deriveKey({ name: 'ECDH', public: two.publicKey }, one.privateKey, aes, false, ['encrypt']);
    const opens = await crypto.subtle.deriveKey({ name: 'ECDH', public: one.publicKey }, two.privateKey, aes, false, ['decrypt']);
    const how = { name: 'AES-GCM', iv: new Uint8Array(12) };
    const text = await crypto.subtle.decrypt(how, opens, await crypto.subtle.encrypt(how, seals, new TextEncoder().encode('psst')));
    console.log(namedCurve, all.join(), one.publicKey.usages.length, new TextDecoder().decode(text));
  }
}
