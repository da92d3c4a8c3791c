// CBC, CTR and GCM with each length of key, over data of many lengths.
const modes = {
  'AES-CBC': { iv: new Uint8Array(16) },
  'AES-CTR': { counter: new Uint8Array(16), length: 64 },
  'AES-GCM': { iv: new Uint8Array(12), additionalData: new Uint8Array(3) },
};

export default async function () {
  for (const [name, more] of Object.entries(modes)) {
    for (const length of [128, 192, 256]) {
      const key = await crypto.subtle.generateKey({ name, length }, false, ['encrypt', 'decrypt']);
      const lengths = [];
      for (const size of [0, 1, 15, 16, 17, 1000]) {
        const data = crypto.getRandomValues(new Uint8Array(size));
        const encrypted = await crypto.subtle.encrypt({ name, ...more }, key, data);
        const plain = new Uint8Array(await crypto.subtle.decrypt({ name, ...more }, key, encrypted));
        const same = plain.length === size && plain.every((byte, at) => byte === data[at]);
        lengths.push(same ? encrypted.byteLength : 'WRONG');
      }
      console.log(name, length, lengths.join());
    }
  }
}
