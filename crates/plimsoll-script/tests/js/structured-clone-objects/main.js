// Objects: own enumerable members, without prototype and accessors.
class Point { constructor() { this.x = 1; } get y() { return 2; } }
export const options = { iterations: 1 };

export default function () {
  const original = { a: 1, nested: { list: [1, { b: 2 }] }, get computed() { return 3; }, [Symbol('s')]: 4, u: undefined };
  Object.defineProperty(original, 'hidden', { value: 5 });
  const copy = structuredClone(original);
  console.log(JSON.stringify(copy), copy !== original, copy.nested.list !== original.nested.list, 'u' in copy);
  console.log(Object.getOwnPropertyDescriptor(copy, 'computed').value, Object.getOwnPropertySymbols(copy).length);
  const point = structuredClone(new Point());
  console.log(point instanceof Point, JSON.stringify(point), point.y, Object.getPrototypeOf(structuredClone(Object.create(null))) === Object.prototype);
  console.log(structuredClone(Object.freeze({ f: 1 })).f, Object.isFrozen(structuredClone(Object.freeze({}))));
}
