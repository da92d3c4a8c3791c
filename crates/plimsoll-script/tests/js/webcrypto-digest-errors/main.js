// Everything wrong is a rejection, never a throw.
const wrong = [
  [],
  ['SHA-1'],
  ['SHA-1', 'text'],
  ['SHA-1', null],
  ['SHA-1', [1, 2]],
  ['MD5', new Uint8Array(1)],
  ['SHA256', new Uint8Array(1)],
  ['', new Uint8Array(1)],
  [{}, new Uint8Array(1)],
  [null, new Uint8Array(1)],
  [256, new Uint8Array(1)],
  [{ name: 'AES-CBC' }, new Uint8Array(1)],
];

export default async function () {
  for (const args of wrong) {
    const promise = crypto.subtle.digest(...args);
    if (!(promise instanceof Promise)) console.log('not a promise');
    await promise.catch((error) => console.log(error.name, error.message, error instanceof Error));
  }
}
