// findLast, toSorted, toReversed, toSpliced, with; symbols as weak keys.
export const options = { iterations: 1 };

export default function () {
  const list = [3, 1, 2];
  console.log(list.findLast((n) => n > 1), list.findLastIndex((n) => n > 2), list.toSorted().join(), list.toReversed().join(), list.toSpliced(1, 1, 'x').join(), list.with(0, 9).join(), list.join());
  console.log(new Uint8Array([3, 1]).toSorted().join(), new WeakMap([[Symbol('k'), 1]]) instanceof WeakMap);
  try { list.with(5, 1); } catch (e) { console.log(e.name); }
}
