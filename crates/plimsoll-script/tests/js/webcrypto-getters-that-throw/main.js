// What a getter throws is what the promise is rejected with.
export default async function () {
  const algorithm = { get name() { throw new RangeError('not this'); } };
  await crypto.subtle.digest(algorithm, new Uint8Array(1)).catch((error) => console.log(error.name, error.message));
  const key = await crypto.subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']);
  const how = { name: 'AES-CBC', get iv() { throw 'a string'; } };
  await crypto.subtle.encrypt(how, key, new Uint8Array(1)).catch((error) => console.log(error));
  await crypto.subtle.digest({ name: Symbol('x') }, new Uint8Array(1)).catch((error) => console.log(error.name));
}
