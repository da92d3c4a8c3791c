// Secret keys as JSON web keys.
export default async function () {
  const raw = new Uint8Array(32).map((_, at) => at);
  for (const name of ['AES-CBC', 'AES-CTR', 'AES-GCM', 'AES-KW']) {
    const usages = name === 'AES-KW' ? ['wrapKey', 'unwrapKey'] : ['encrypt', 'decrypt'];
    const key = await crypto.subtle.importKey('raw', raw, name, true, usages);
    const jwk = await crypto.subtle.exportKey('jwk', key);
    console.log(jwk.kty, jwk.alg, jwk.k, jwk.ext, jwk.key_ops.join());
    const back = await crypto.subtle.importKey('jwk', jwk, name, true, usages);
    console.log(new Uint8Array(await crypto.subtle.exportKey('raw', back)).join() === raw.join());
  }
  for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash }, true, ['sign']);
    const jwk = await crypto.subtle.exportKey('jwk', key);
    console.log(jwk.kty, jwk.alg, jwk.k, jwk.key_ops.join());
  }
}
