// Keys of each curve go out and come back in each form, and sign what the others verify.
const data = new Uint8Array(10);

export default async function () {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const algorithm = { name: 'ECDSA', namedCurve };
    const how = { name: 'ECDSA', hash: 'SHA-256' };
    const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    for (const [secret, open] of [['pkcs8', 'spki'], ['jwk', 'jwk'], ['pkcs8', 'raw']]) {
      const away = await crypto.subtle.exportKey(secret, pair.privateKey);
      const shown = await crypto.subtle.exportKey(open, pair.publicKey);
      const signs = await crypto.subtle.importKey(secret, away, algorithm, false, ['sign']);
      const verifies = await crypto.subtle.importKey(open, shown, algorithm, true, ['verify']);
      const signature = await crypto.subtle.sign(how, signs, data);
      const is = (key) => crypto.subtle.verify(how, key, signature, data);
      console.log(namedCurve, secret, open, shown.byteLength ?? Object.keys(shown).sort().join(), await is(verifies), await is(pair.publicKey));
    }
  }
}
