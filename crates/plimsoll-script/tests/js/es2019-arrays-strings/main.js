// flat, flatMap, fromEntries, trimStart, optional catch binding, Symbol.description.
export const options = { iterations: 1 };

export default function () {
  try { throw 1; } catch { console.log('caught'); }
  console.log([1, [2, [3, [4]]]].flat(Infinity).join(), [1, 2].flatMap((n) => [n, n * 10]).join(), JSON.stringify(Object.fromEntries([['a', 1]])));
  console.log(JSON.stringify('  x '.trimStart()), JSON.stringify(' x  '.trimEnd()), Symbol('d').description, JSON.stringify('\u2028'));
}
