// Each curve with each hash.
const data = new TextEncoder().encode('what is signed');

export default async function () {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const { publicKey, privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, false, ['sign', 'verify']);
    console.log(privateKey.type, privateKey.usages.join(), publicKey.type, publicKey.usages.join(), JSON.stringify(publicKey.algorithm));
    for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
      const how = { name: 'ECDSA', hash };
      const signature = await crypto.subtle.sign(how, privateKey, data);
      const changed = signature.slice();
      new Uint8Array(changed)[5] ^= 1;
      console.log(
        hash, signature.byteLength,
        await crypto.subtle.verify(how, publicKey, signature, data),
        await crypto.subtle.verify(how, publicKey, signature, data.slice(1)),
        await crypto.subtle.verify(how, publicKey, new Uint8Array(3), data),
      );
    }
  }
}
