// Many operations at a time, short and long, each with its own answer.
const bytes = (value) => new Uint8Array([value]);

export default async function () {
  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']);
  const macs = await Promise.all(Array.from({ length: 50 }, (_, at) => crypto.subtle.sign('HMAC', key, bytes(at))));
  const good = await Promise.all(macs.map((mac, at) => crypto.subtle.verify('HMAC', key, mac, bytes(at))));
  const bad = await Promise.all(macs.map((mac, at) => crypto.subtle.verify('HMAC', key, mac, bytes(at + 1))));
  console.log(good.every((is) => is), bad.some((is) => is));
  const password = await crypto.subtle.importKey('raw', bytes(7), 'PBKDF2', false, ['deriveBits']);
  const lengths = await Promise.all([8, 16, 24, 32].map(async (length) => {
    const how = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(1), iterations: 5_000 };
    return (await crypto.subtle.deriveBits(how, password, length * 8)).byteLength;
  }));
  console.log(lengths.join());
  const settled = await Promise.allSettled([
    crypto.subtle.digest('SHA-1', bytes(1)), crypto.subtle.digest('MD5', bytes(1)), crypto.subtle.digest('SHA-1'),
  ]);
  console.log(settled.map((one) => one.status).join());
}
