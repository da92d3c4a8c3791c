// A JSON web key that disagrees with what is asked for, or with itself; names in other alphabets too.
const good = { kty: 'oct', k: 'AAECAwQFBgcICQoLDA0ODw', alg: 'A128CBC', key_ops: ['encrypt', 'decrypt'], ext: true };
const wrong = [
  { kty: 'RSA' },
  { kty: undefined },
  { kty: 'öct🔑' },
  { alg: 'A256CBC' },
  { use: 'sig' },
  { ext: false },
  { key_ops: ['encrypt'] },
  { key_ops: ['encrypt', 'decrypt', 'encrypt'] },
  { key_ops: 'encrypt' },
  { k: undefined },
  { k: 'AAECAwQFBgcICQoLDA0ODw==' },
  { k: 'AAECAw+/' },
  { k: 'ключ' },
  { k: 'AAEC' },
];

export default async function () {
  const read = (jwk) => crypto.subtle.importKey('jwk', jwk, 'AES-CBC', true, ['encrypt', 'decrypt'])
    .then((key) => key.type, (error) => `${error.name}: ${error.message}`);
  console.log(await read(good));
  console.log(await read({ ...good, kid: 'schlüssel-🔑', use: 'enc', 'x-more': 1 }));
  for (const change of wrong) console.log(JSON.stringify(change), await read({ ...good, ...change }));
  console.log(await read('text'), await read(new Uint8Array(16)), await read(null));
}
