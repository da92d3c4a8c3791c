// Test case 4 of the authors of GCM (https://csrc.nist.rip/groups/ST/toolkit/BCM/documents/proposedmodes/gcm/gcm-spec.pdf),
// with tags of each length.
const bytes = (digits) => Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

export default async function () {
  const raw = bytes('feffe9928665731c6d6a8f9467308308');
  const plain = bytes('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72'
    + '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39');
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  for (const tagLength of [32, 64, 96, 104, 112, 120, 128]) {
    const iv = bytes('cafebabefacedbaddecaf888');
    const additionalData = bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    const how = { name: 'AES-GCM', iv, additionalData, tagLength };
    const encrypted = await crypto.subtle.encrypt(how, key, plain);
    console.log(tagLength, hex(encrypted).slice(plain.length * 2), hex(await crypto.subtle.decrypt(how, key, encrypted)) === hex(plain));
  }
}
