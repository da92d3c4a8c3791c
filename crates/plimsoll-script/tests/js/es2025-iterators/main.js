// Iterator helpers and set methods.
export const options = { iterations: 1 };

export default function () {
  function* count() { let n = 0; for (;;) yield n++; }
  console.log(count().filter((n) => n % 2).map((n) => n * 10).drop(1).take(3).toArray().join(), Iterator.from([1, 2]).reduce((a, b) => a + b), [1, 2].values().some((n) => n > 1));
  const a = new Set([1, 2, 3]), b = new Set([2, 3, 4]);
  console.log([...a.union(b)].join(), [...a.intersection(b)].join(), [...a.difference(b)].join(), [...a.symmetricDifference(b)].join(), new Set([2]).isSubsetOf(a), a.isDisjointFrom(new Set([9])));
}
