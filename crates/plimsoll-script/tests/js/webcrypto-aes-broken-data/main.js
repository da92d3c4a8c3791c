// Data that were never encrypted, or were changed since. k6 crashes for CBC data of 15 bytes.
const raw = new Uint8Array(16);
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);

export default async function () {
  const cbc = await crypto.subtle.importKey('raw', raw, 'AES-CBC', true, ['decrypt']);
  for (const length of [0, 1, 15, 16, 17]) {
    console.log(length, await no(crypto.subtle.decrypt({ name: 'AES-CBC', iv: raw }, cbc, new Uint8Array(length))));
  }
  const gcm = await crypto.subtle.importKey('raw', raw, 'AES-GCM', true, ['encrypt', 'decrypt']);
  for (const [ivLength, tagLength] of [[12, 128], [12, 96], [16, 128], [1, 32]]) {
    const how = { name: 'AES-GCM', iv: new Uint8Array(ivLength), tagLength };
    const encrypted = new Uint8Array(await crypto.subtle.encrypt(how, gcm, raw));
    encrypted[3] ^= 1;
    console.log(await no(crypto.subtle.decrypt(how, gcm, encrypted)));
    console.log(await no(crypto.subtle.decrypt(how, gcm, encrypted.slice(0, 3))));
    encrypted[3] ^= 1;
    console.log(await no(crypto.subtle.decrypt({ ...how, additionalData: raw }, gcm, encrypted)));
    console.log(await no(crypto.subtle.decrypt(how, gcm, encrypted)));
  }
}
