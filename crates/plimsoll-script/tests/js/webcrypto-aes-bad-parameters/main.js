// Parameters that AES cannot work with.
const raw = new Uint8Array(16);
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);

export default async function () {
  const read = (name) => crypto.subtle.importKey('raw', raw, name, true, ['encrypt', 'decrypt']);
  const [cbc, ctr, gcm] = await Promise.all(['AES-CBC', 'AES-CTR', 'AES-GCM'].map(read));
  for (const iv of [undefined, null, 'x', 5, new Uint8Array(15), new Uint8Array(17)]) {
    console.log(await no(crypto.subtle.encrypt({ name: 'AES-CBC', iv }, cbc, raw)));
  }
  for (const length of [undefined, 0, 129, 256, -1, 'x']) {
    console.log(await no(crypto.subtle.encrypt({ name: 'AES-CTR', counter: raw, length }, ctr, raw)));
  }
  console.log(await no(crypto.subtle.encrypt({ name: 'AES-CTR', counter: raw, length: 1 }, ctr, new Uint8Array(48))));
  console.log(await no(crypto.subtle.encrypt({ name: 'AES-CTR', counter: raw.slice(1), length: 1 }, ctr, raw)));
  for (const tagLength of [0, 100, 129, 300]) {
    console.log(await no(crypto.subtle.encrypt({ name: 'AES-GCM', iv: raw, tagLength }, gcm, raw)));
  }
  console.log(await no(crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(0) }, gcm, raw)));
  console.log(await no(crypto.subtle.encrypt('AES-GCM', gcm, raw)));
  for (const length of [undefined, 0, 127, 512, 1e9]) {
    console.log(await no(crypto.subtle.generateKey({ name: 'AES-CBC', length }, true, ['encrypt'])));
  }
  for (const length of [0, 15, 17, 33]) {
    console.log(await no(crypto.subtle.importKey('raw', new Uint8Array(length), 'AES-CBC', true, ['encrypt'])));
  }
}
