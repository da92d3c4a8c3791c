// Maps and sets, with objects as keys.
export const options = { iterations: 1 };

export default function () {
  const key = { k: 1 };
  const map = structuredClone(new Map([[key, new Set([1, 'b', key])], ['n', NaN]]));
  const [first] = map.keys();
  console.log(map instanceof Map, map.size, JSON.stringify(first), first !== key, map.get(first).has(first), map.get('n'));
  console.log([...structuredClone(new Set([3, 1, 2]))].join(), structuredClone(new Map()).size);
  class Own extends Map {}
  const own = structuredClone(new Own([[1, 2]]));
  console.log(own instanceof Own, own instanceof Map, own.get(1));
}
