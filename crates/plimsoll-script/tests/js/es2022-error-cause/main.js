// Causes, at(), hasOwn, the d flag.
export const options = { iterations: 1 };

export default function () {
  const error = new Error('outer', { cause: new TypeError('inner') });
  console.log(error.cause.message, 'cause' in new Error('x'), [1, 2, 3].at(-1), 'xyz'.at(-2), new Uint8Array([5, 6]).at(-1), Object.hasOwn({ a: 1 }, 'a'));
  const match = /a(?<b>b)/d.exec('xab');
  console.log(match.indices[0].join(), match.indices.groups.b.join());
}
