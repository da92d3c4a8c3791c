import { group, check } from 'k6';

export default function () {
  const result = group('outer', () => group('inner', () => { check(1, { one: true }); return 'inner result'; }));
  console.log(result);
  for (const bad of [() => group('a::b', () => 1), () => group('async', async () => 1)]) {
    try { bad(); } catch (e) { console.log(e.name + ': ' + e.message); }
  }
  try { group('throws', () => { throw new Error('from the group'); }); } catch (e) { console.log(e.message); }
}
