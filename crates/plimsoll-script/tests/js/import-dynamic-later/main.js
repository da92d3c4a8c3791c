// A literal name may be imported at any time: the file was read before anything ran.
globalThis.evaluated = 0;
export const options = { iterations: 2, vus: 1 };
export default async function () {
  const before = globalThis.evaluated;
  const { value } = await import('./late.js');
  console.log(before, globalThis.evaluated, value);
}
