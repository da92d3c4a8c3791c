// Objects of the language's own kinds, on the console.
export const options = { iterations: 1 };

export default function () {
  console.log(new Map([[1, 2]]), new Set([1]), /a+/g);
  console.log(new Uint8Array([1, 2]), new Float64Array([1.5]), new Uint8Array(0));
  console.log(new Uint8Array([0, 255]).buffer);
  console.log({ bytes: new Uint8Array([1, 2]), at: new Date(0), error: new TypeError('bad'), none: undefined });
  console.log([undefined, null, () => 1], [new Error('in'), 'q"uote']);
  console.log(Symbol('s'), -0, NaN, Infinity, 10n, '%s %d', 'x');
  const twice = { a: 1 };
  console.log([twice, twice]);
  console.log(Object.create(null), new (class Point { x = 1; })(), Promise.resolve(1));
  console.log({ get bad() { throw new Error('no'); } });
}
