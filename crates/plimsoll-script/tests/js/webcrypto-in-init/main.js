// Top-level await in the init context.
const key = await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-CBC', true, ['encrypt']);
const password = await crypto.subtle.importKey('raw', new Uint8Array(4), 'PBKDF2', false, ['deriveBits']);
const how = { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(4), iterations: 20_000 };
const bits = await crypto.subtle.deriveBits(how, password, 128);

export default async function () {
  const encrypted = await crypto.subtle.encrypt({ name: 'AES-CBC', iv: bits }, key, bits);
  console.log(encrypted.byteLength);
}
