// Groups nest as deep as functions do.
import { group } from 'k6';

export default function () {
  const nest = (depth) => (depth === 0 ? 'bottom' : group('g', () => nest(depth - 1)));
  console.log(nest(50));
}
