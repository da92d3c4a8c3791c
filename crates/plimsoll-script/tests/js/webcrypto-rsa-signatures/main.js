// RSA-PSS with salts of several lengths, and PKCS #1 v1.5.
const data = new TextEncoder().encode('what is signed');

export default async function () {
  for (const name of ['RSA-PSS', 'RSASSA-PKCS1-v1_5']) {
    const how = { name, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
    const { publicKey, privateKey } = await crypto.subtle.generateKey(how, true, ['sign', 'verify']);
    const algorithm = publicKey.algorithm;
    console.log(algorithm.name, algorithm.modulusLength, algorithm.publicExponent.join(), algorithm.hash.name, privateKey.usages.join(), publicKey.usages.join());
    for (const saltLength of name === 'RSA-PSS' ? [0, 20, 32, 222] : [0]) {
      const signature = await crypto.subtle.sign({ name, saltLength }, privateKey, data);
      const is = (salt, what) => crypto.subtle.verify({ name, saltLength: salt }, publicKey, signature, what);
      console.log(saltLength, signature.byteLength, await is(saltLength, data), await is(saltLength, data.slice(1)), await is(saltLength + 1, data));
    }
  }
}
