// Array.fromAsync, Promise.try, RegExp.escape, Float16Array, Error.isError.
export const options = { iterations: 1 };

export default async function () {
  console.log((await Array.fromAsync((async function* () { yield 1; yield 2; })())).join(), await Promise.try(() => 'tried'), RegExp.escape('a.b') !== 'a.b', new RegExp(`^${RegExp.escape('a.b')}$`).test('a.b'));
  console.log(new Float16Array([1.5])[0], typeof Math.f16round);
}
