// Keys and parameters that RSA cannot work with here.
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);
const e = new Uint8Array([1, 0, 1]);
const make = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: e, hash: 'SHA-256' };

export default async function () {
  const generate = (change, usages = ['sign', 'verify']) => no(crypto.subtle.generateKey({ ...make, ...change }, true, usages));
  for (const member of ['modulusLength', 'publicExponent', 'hash']) console.log(await generate({ [member]: undefined }));
  console.log(await generate({ modulusLength: 1024 }));
  console.log(await generate({ modulusLength: 0 }));
  console.log(await generate({ publicExponent: new Uint8Array([3]) }));
  console.log(await generate({ publicExponent: [1, 0, 1] }));
  console.log(await generate({}, ['verify']));
  console.log(await generate({}, ['encrypt']));
  const pair = await crypto.subtle.generateKey(make, true, ['sign', 'verify']);
  console.log(await no(crypto.subtle.sign('RSA-PSS', pair.privateKey, e)));
  console.log(await no(crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 223 }, pair.privateKey, e)));
  console.log(await no(crypto.subtle.sign({ name: 'RSASSA-PKCS1-v1_5' }, pair.privateKey, e)));
  console.log(await no(crypto.subtle.exportKey('raw', pair.publicKey)));
  console.log(await no(crypto.subtle.exportKey('pkcs8', pair.publicKey)));
  for (const format of ['raw', 'spki', 'pkcs8']) {
    console.log(await no(crypto.subtle.importKey(format, e, make, true, [format === 'pkcs8' ? 'sign' : 'verify'])));
  }
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey);
  for (const change of [{ n: 'AQAB' }, { e: undefined }, { d: jwk.p }, { qi: undefined }, { oth: [] }, { alg: 'RS256' }, { p: jwk.q }]) {
    console.log(Object.keys(change)[0], await no(crypto.subtle.importKey('jwk', { ...jwk, ...change }, make, true, ['sign'])));
  }
}
