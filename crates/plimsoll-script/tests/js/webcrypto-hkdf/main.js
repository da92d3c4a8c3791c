// RFC 5869, test case 1, and keys from secrets.
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (digits) => Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));

export default async function () {
  const secret = await crypto.subtle.importKey('raw', new Uint8Array(22).fill(11), 'HKDF', false, ['deriveBits', 'deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: bytes('000102030405060708090a0b0c'), info: bytes('f0f1f2f3f4f5f6f7f8f9') };
  console.log(hex(await crypto.subtle.deriveBits(how, secret, 336)));
  console.log((await crypto.subtle.deriveBits(how, secret, 255 * 256)).byteLength);
  const key = await crypto.subtle.deriveKey(how, secret, { name: 'AES-CTR', length: 128 }, true, ['decrypt']);
  console.log(hex(await crypto.subtle.exportKey('raw', key)));
}
