// Regular expressions; their place is not copied.
export const options = { iterations: 1 };

export default function () {
  const regexp = /a(b)+/gi; regexp.lastIndex = 3;
  const copy = structuredClone(regexp);
  console.log(String(copy), copy.flags, copy.lastIndex, copy instanceof RegExp, copy.test('xAB'));
}
