// Cycles, and objects that are met twice.
export const options = { iterations: 1 };

export default function () {
  const a = { name: 'a' }; a.self = a; a.list = [a, { a }];
  const copy = structuredClone(a);
  console.log(copy.self === copy, copy.list[0] === copy, copy.list[1].a === copy, copy !== a);
  const shared = { s: 1 };
  const [x, y] = structuredClone([shared, shared]);
  console.log(x === y, x !== shared);
  const map = new Map(); map.set('me', map); map.set(map, 1);
  const mapCopy = structuredClone(map);
  console.log(mapCopy.get('me') === mapCopy, mapCopy.get(mapCopy));
}
