// A condition is a function of the value, or a value that counts as it is.
import { check } from 'k6';

export default function () {
  const value = { status: 200 };
  console.log(check(value, { same: (given) => given === value }));
  for (const condition of [1, 'text', {}, [], true]) console.log(check(0, { condition }));
  for (const condition of [0, '', null, undefined, NaN, false]) console.log(check(0, { condition }));
  console.log(check(0, { object: () => ({}), empty: () => '' }));
}
