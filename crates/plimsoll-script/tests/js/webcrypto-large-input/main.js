// Ten megabytes are worked on elsewhere: the VU's timers go on, and everything fits together again.
export default async function () {
  const large = new Uint8Array(10_000_000);
  for (let at = 0; at < large.length; at += 4_096) large[at] = at / 4_096;
  const log = [];
  setTimeout(() => log.push('timer'), 0);
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const how = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const encrypted = await crypto.subtle.encrypt(how, key, large);
  const plain = new Uint8Array(await crypto.subtle.decrypt(how, key, encrypted));
  const [one, two] = await Promise.all([crypto.subtle.digest('SHA-256', large), crypto.subtle.digest('SHA-256', plain)]);
  const same = new Uint8Array(one).every((byte, at) => byte === new Uint8Array(two)[at]);
  console.log(encrypted.byteLength, plain.length, same);
  setTimeout(() => console.log(log.join()), 1);
}
