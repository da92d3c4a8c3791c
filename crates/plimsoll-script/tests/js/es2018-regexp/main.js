// Named groups, lookbehind, dotAll, Unicode properties.
export const options = { iterations: 1 };

export default function () {
  const { year, month } = '2026-11'.match(/(?<year>\d{4})-(?<month>\d{2})/).groups;
  console.log(year, month, 'price 42'.match(/(?<=price )\d+/)[0], 'a1b'.replace(/(?<!a)\d/, 'x'), /a.b/s.test('a\nb'), /^\p{Lu}$/u.test('Ä'));
}
