// How long keys are: those that are made, and those that are read with fewer bits than they have.
const algorithm = { name: 'HMAC', hash: 'SHA-256' };
const no = (promise) => promise.then((key) => key.algorithm.length, (error) => `${error.name}: ${error.message}`);

export default async function () {
  for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
    console.log(hash, await no(crypto.subtle.generateKey({ name: 'HMAC', hash }, true, ['sign'])));
  }
  for (const length of [0, 1, 25, 1000, -1, NaN, 'x']) {
    console.log(length, await no(crypto.subtle.generateKey({ ...algorithm, length }, true, ['sign'])));
  }
  const ones = new Uint8Array(4).fill(255);
  for (const length of [undefined, 32, 25, 24, 33, 0]) {
    console.log(length, await no(crypto.subtle.importKey('raw', ones, { ...algorithm, length }, true, ['sign'])));
  }
  const cut = await crypto.subtle.importKey('raw', ones, { ...algorithm, length: 25 }, true, ['sign']);
  console.log(new Uint8Array(await crypto.subtle.exportKey('raw', cut)).join());
  console.log(await no(crypto.subtle.importKey('raw', new Uint8Array(0), algorithm, true, ['sign'])));
  console.log(await no(crypto.subtle.importKey('raw', ones, 'HMAC', true, ['sign'])));
  console.log(await no(crypto.subtle.importKey('raw', ones, { name: 'HMAC', hash: 'MD5' }, true, ['sign'])));
}
