// A JSON web token as a script would make and check it.
import { b64encode, b64decode } from 'k6/encoding';

const encode = (value) => b64encode(JSON.stringify(value), 'rawurl');

export default async function () {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('geheim-🔑'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: 'ünïcode', iat: 1516239022 })}`;
  const signature = b64encode(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)), 'rawurl');
  console.log(`${text}.${signature}`);
  console.log(await crypto.subtle.verify('HMAC', key, b64decode(signature, 'rawurl'), new TextEncoder().encode(text)));
}
