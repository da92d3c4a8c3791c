// An unknown algorithm is told what there is for the operation.
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);

export default async function () {
  const key = await crypto.subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']);
  const data = new Uint8Array(1);
  console.log(await no(crypto.subtle.encrypt({ name: 'AES-ECB' }, key, data)));
  console.log(await no(crypto.subtle.sign('DSA', key, data)));
  console.log(await no(crypto.subtle.deriveBits('scrypt', key, 8)));
  console.log(await no(crypto.subtle.generateKey('PBKDF2', true, ['deriveBits'])));
  console.log(await no(crypto.subtle.importKey('raw', data, 'ünïcödé 🔑', true, ['encrypt'])));
  console.log(await no(crypto.subtle.importKey('pem', data, 'AES-CBC', true, ['encrypt'])));
  console.log(await no(crypto.subtle.importKey('spki', data, 'AES-CBC', true, ['encrypt'])));
}
