// A JSON web key of a curve that is not what it should be.
const no = (promise) => promise.then(() => 'DONE', (error) => `${error.name}: ${error.message}`);
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
// RFC 7517, appendix A.2.
const good = {
  kty: 'EC', crv: 'P-256', x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4', y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE', kid: '1',
};

export default async function () {
  const read = (change) => no(crypto.subtle.importKey('jwk', { ...good, ...change }, P256, true, ['sign']));
  console.log(await read({}));
  for (const change of [
    { crv: 'P-384' }, { crv: undefined }, { alg: 'ES384' }, { alg: 'ES256' }, { x: undefined }, { y: 'AA' },
    { x: good.y }, { d: good.x }, { d: 'AA' }, { d: undefined }, { use: 'enc' },
  ]) console.log(JSON.stringify(change), await read(change));
}
