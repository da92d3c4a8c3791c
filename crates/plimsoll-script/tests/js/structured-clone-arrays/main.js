// Arrays with holes, lengths and members of their own.
export const options = { iterations: 1 };

export default function () {
  const sparse = [1, , 3]; sparse.length = 6; sparse.name = 'x';
  const copy = structuredClone(sparse);
  console.log(Array.isArray(copy), copy.length, 1 in copy, copy[2], copy.name, Object.keys(copy).join());
}
