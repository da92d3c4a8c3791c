// RFC 6070, and keys from passwords.
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
const encode = (text) => new TextEncoder().encode(text);

export default async function () {
  const password = await crypto.subtle.importKey('raw', encode('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-1', salt: encode('salt'), iterations: 1 };
  console.log(hex(await crypto.subtle.deriveBits(how, password, 160)));
  console.log(hex(await crypto.subtle.deriveBits({ ...how, iterations: 4096 }, password, 160)));
  console.log(hex(await crypto.subtle.deriveBits({ ...how, salt: new Uint8Array(0) }, password, 64)));
  const key = await crypto.subtle.deriveKey(how, password, { name: 'AES-CBC', length: 256 }, true, ['encrypt']);
  console.log(JSON.stringify(key.algorithm), hex(await crypto.subtle.exportKey('raw', key)));
  const mac = await crypto.subtle.deriveKey(how, password, { name: 'HMAC', hash: 'SHA-512' }, true, ['sign']);
  console.log(JSON.stringify(mac.algorithm), password.extractable, JSON.stringify(password.algorithm));
}
