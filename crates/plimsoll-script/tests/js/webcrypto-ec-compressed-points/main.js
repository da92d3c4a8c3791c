// Compressed points are read, and written whole.
export default async function () {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const algorithm = { name: 'ECDSA', namedCurve };
    const { publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const point = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
    const short = point.slice(0, (point.length + 1) / 2);
    short[0] = 2 + (point[point.length - 1] & 1);
    const read = await crypto.subtle.importKey('raw', short, algorithm, true, ['verify']);
    const whole = new Uint8Array(await crypto.subtle.exportKey('raw', read));
    console.log(namedCurve, short.length, whole.join() === point.join());
  }
}
