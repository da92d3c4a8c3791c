// Signing and verifying with each hash.
import { b64encode } from 'k6/encoding';

const encode = (text) => new TextEncoder().encode(text);

export default async function () {
  for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
    const key = await crypto.subtle.importKey('raw', encode('Jefe'), { name: 'HMAC', hash }, false, ['sign', 'verify']);
    const mac = await crypto.subtle.sign('HMAC', key, encode('what do ya want for nothing?'));
    console.log(hash, b64encode(mac), JSON.stringify(key.algorithm));
    console.log(
      await crypto.subtle.verify('HMAC', key, mac, encode('what do ya want for nothing?')),
      await crypto.subtle.verify('HMAC', key, mac, encode('what do ya want for something?')),
      await crypto.subtle.verify('HMAC', key, mac.slice(1), encode('what do ya want for nothing?')),
      await crypto.subtle.verify({ name: 'hmac' }, key, new Uint8Array(0), encode('')),
    );
  }
}
