// Depth does not matter, nor does size.
export const options = { iterations: 1 };

export default function () {
  let deep = {};
  const top = deep;
  for (let i = 0; i < 100000; i++) { deep.next = {}; deep = deep.next; }
  let copy = structuredClone(top), depth = 0;
  while (copy.next) { copy = copy.next; depth++; }
  console.log(depth, structuredClone(Array.from({ length: 50000 }, (_, i) => ({ i }))).length);
}
