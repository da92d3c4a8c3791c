// Many pairs.
export const options = { iterations: 1 };

export default function () {
  const params = new URLSearchParams(Array.from({ length: 20000 }, (_, i) => [`k${i % 100}`, i]));
  params.sort();
  console.log(params.size, params.getAll('k7').length, new URLSearchParams(params.toString()).size);
  params.delete('k7');
  console.log(params.size);
}
