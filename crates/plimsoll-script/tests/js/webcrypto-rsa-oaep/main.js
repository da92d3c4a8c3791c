// Encrypting with OAEP, with labels, up to the longest message.
export default async function () {
  const how = { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(how, false, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
  console.log(publicKey.usages.join(), privateKey.usages.join(), privateKey.extractable, publicKey.extractable);
  const label = new Uint8Array([1, 2, 3]);
  for (const length of [0, 1, 190, 191]) {
    try {
      const data = crypto.getRandomValues(new Uint8Array(length));
      const encrypted = await crypto.subtle.encrypt({ name: 'RSA-OAEP', label }, publicKey, data);
      const plain = new Uint8Array(await crypto.subtle.decrypt({ name: 'RSA-OAEP', label }, privateKey, encrypted));
      console.log(encrypted.byteLength, plain.join() === data.join());
      await crypto.subtle.decrypt('RSA-OAEP', privateKey, encrypted);
    } catch (error) {
      console.log(error.name, error.message);
    }
  }
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
  const wrapped = await crypto.subtle.wrapKey('raw', key, publicKey, 'RSA-OAEP');
  const back = await crypto.subtle.unwrapKey('raw', wrapped, privateKey, 'RSA-OAEP', 'AES-GCM', true, ['encrypt']);
  console.log(wrapped.byteLength, JSON.stringify(back.algorithm));
}
