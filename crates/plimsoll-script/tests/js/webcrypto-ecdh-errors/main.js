// Keys that do not fit together.
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);

export default async function () {
  const make = (name, namedCurve, usages) => crypto.subtle.generateKey({ name, namedCurve }, false, usages);
  const one = await make('ECDH', 'P-256', ['deriveBits']);
  const other = await make('ECDH', 'P-384', ['deriveBits']);
  const signing = await make('ECDSA', 'P-256', ['sign', 'verify']);
  const bits = (key, length, publicKey) => no(crypto.subtle.deriveBits({ name: 'ECDH', public: publicKey }, key, length));
  console.log(await bits(one.privateKey, 128, other.publicKey));
  console.log(await bits(one.privateKey, 128, signing.publicKey));
  console.log(await bits(one.privateKey, 128, one.privateKey));
  console.log(await bits(one.publicKey, 128, one.publicKey));
  console.log(await bits(one.privateKey, 1000, one.publicKey));
  console.log(await bits(one.privateKey, 128, undefined));
  console.log(await bits(one.privateKey, 128, {}));
  console.log(await bits(one.privateKey, -1, one.publicKey));
  const aes = { name: 'AES-GCM', length: 256 };
  console.log(await no(crypto.subtle.deriveKey({ name: 'ECDH', public: one.publicKey }, one.privateKey, aes, true, ['encrypt'])));
}
