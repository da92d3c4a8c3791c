// Sorted by UTF-16 units, stable.
export const options = { iterations: 1 };

export default function () {
  const params = new URLSearchParams('z=b&a=b&z=a&a=a&\ufb03=1&\ud83c\udf08=2&A=3');
  params.sort();
  console.log([...params.keys()].join(' '), params.getAll('z').join(), params.getAll('a').join());
}
