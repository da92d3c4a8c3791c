// What a CryptoKey shows: four properties, none of which can be set.
export default async function () {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 192 }, false, ['decrypt', 'encrypt', 'encrypt']);
  console.log(key.type, key.extractable, JSON.stringify(key.algorithm), key.usages.join());
  console.log(key instanceof CryptoKey, key instanceof crypto.CryptoKey, String(key), Object.keys(key).length);
  console.log(key.algorithm === key.algorithm, key.usages === key.usages, JSON.stringify(key));
  try {
    key.extractable = true;
  } catch (error) {
    console.log(error.name);
  }
  key.usages.push('sign');
  key.algorithm.name = 'HMAC';
  console.log(key.extractable, await crypto.subtle.exportKey('raw', key).catch((error) => error.name));
  console.log(await crypto.subtle.sign('HMAC', key, new Uint8Array(1)).catch((error) => error.message));
  try {
    new CryptoKey();
  } catch (error) {
    console.log(error.name, error.message);
  }
}
