// An iteration waits for operations that nobody awaits.
export default function () {
  crypto.subtle.importKey('raw', new Uint8Array(4), 'PBKDF2', false, ['deriveBits']).then((key) => {
    const how = { name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(4), iterations: 20_000 };
    return crypto.subtle.deriveBits(how, key, 256);
  }).then((bits) => console.log('derived', bits.byteLength));
}
