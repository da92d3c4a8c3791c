// Keys inside of keys, in several forms and with several ciphers.
const usages = ['wrapKey', 'unwrapKey'];
const raw = new Uint8Array(32).map((_, at) => at);

export default async function () {
  const inner = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
  const ciphers = [
    { name: 'AES-KW' }, { name: 'AES-GCM', iv: new Uint8Array(12) }, { name: 'AES-CBC', iv: new Uint8Array(16) },
    { name: 'AES-CTR', counter: new Uint8Array(16), length: 64 },
  ];
  for (const cipher of ciphers) {
    const outer = await crypto.subtle.generateKey({ name: cipher.name, length: 256 }, false, usages);
    for (const format of ['raw', 'jwk']) {
      const wrapped = await crypto.subtle.wrapKey(format, inner, outer, cipher);
      const back = await crypto.subtle.unwrapKey(format, wrapped, outer, cipher, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
      const same = new Uint8Array(await crypto.subtle.exportKey('raw', back)).join() === raw.join();
      console.log(cipher.name, format, wrapped.byteLength % 8 === 0 || cipher.name !== 'AES-KW', same);
    }
  }
}
