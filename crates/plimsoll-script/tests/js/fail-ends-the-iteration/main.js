// What follows fail() in an iteration is not run; the next iteration is.
import { fail } from 'k6';

export const options = { iterations: 2 };

export default function () {
  if (__ITER === 0) fail('the first one');
  console.log(__ITER);
}
