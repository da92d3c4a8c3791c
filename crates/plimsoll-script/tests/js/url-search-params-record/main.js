// From an object: its own enumerable members, in order.
export const options = { iterations: 1 };

export default function () {
  const inherited = Object.create({ no: 1 }, { hidden: { value: 1 }, shown: { value: 2, enumerable: true } });
  console.log(String(new URLSearchParams({ b: 1, a: 'x y', 2: true, u: undefined, n: null, l: [1, 2] })));
  console.log(String(new URLSearchParams(inherited)), new URLSearchParams({}).size);
}
