import { SharedArray } from 'k6/data';

const odd = new SharedArray('odd', () => [undefined, () => 1, NaN, Infinity, -0, new Date(0), new Map([[1, 2]]), { toJSON: () => 'own' }, Symbol('s')]);
const holes = new SharedArray('holes', () => [1, , 3]);
const empty = new SharedArray('empty', () => []);
const unicode = new SharedArray('unicode', () => ['zoë', '漢字', '👩‍🚀', '\u0000', '\ud800', '"\\\n']);
const keys = new SharedArray('keys', () => [{ __proto__: null, ['__proto__']: 1, constructor: 2, '': 3, 7: 4 }]);

function read(array, index) {
  try { return array[index]; } catch (e) { return e.name; }
}

export default function () {
  for (let i = 0; i < odd.length; i++) console.log(i, JSON.stringify(read(odd, i)));
  console.log(holes.length, read(holes, 1), empty.length, empty[0], [...empty].length, JSON.stringify(empty));
  console.log(unicode.map((text) => [...text].map((c) => c.codePointAt(0).toString(16)).join(' ')).join(', '));
  console.log(JSON.stringify(keys[0]), Object.getPrototypeOf(keys[0]) === Object.prototype);
}
