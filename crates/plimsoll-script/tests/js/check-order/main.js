// Checks are evaluated in the order of their names: numbers first, then as they were written.
import { check } from 'k6';

export default function () {
  const seen = [];
  const note = (name) => () => { seen.push(name); return name !== 'b'; };
  console.log(check(0, { b: note('b'), a: note('a'), 2: note('2'), 1: note('1'), [Symbol('s')]: note('s') }));
  console.log(seen.join());
}
