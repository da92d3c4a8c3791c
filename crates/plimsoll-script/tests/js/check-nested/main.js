// A check may call check().
import { check, group } from 'k6';

export default function () {
  console.log(check(5, { outer: (five) => check(five, { inner: (same) => same === 5 }) }));
  console.log(check(5, { outer: () => group('g', () => check(1, { inner: false })) }));
}
