// From pairs, or whatever yields them.
export const options = { iterations: 1 };

export default function () {
  console.log(String(new URLSearchParams([['a', 1], ['b', 2], ['a', 3]])));
  console.log(String(new URLSearchParams(new Map([['m', 1]]))));
  console.log(String(new URLSearchParams(new Set([['s', 1]]))));
  console.log(String(new URLSearchParams((function* () { yield ['g', 1]; yield new Set(['h', 2]); })())));
  const original = new URLSearchParams('x=1');
  const copy = new URLSearchParams(original);
  copy.append('y', 2);
  console.log(String(original), String(copy));
  for (const bad of [[['a']], [['a', 'b', 'c']], [1], ['ab'], [{}], null]) {
    try { console.log(String(new URLSearchParams(bad))); } catch (e) { console.log(e.name); }
  }
}
