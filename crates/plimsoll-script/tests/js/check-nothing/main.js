// No checks at all are passed, and make no samples.
import { check } from 'k6';
import exec from 'k6/execution';

export default function () {
  console.log(check(1, {}), check(undefined, {}), check(null, Object.create({ inherited: false })));
  console.log(exec.vu.iterationInScenario);
}
