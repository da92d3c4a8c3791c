// A VU that goes from one scenario to the next sees where it is now, also through the same object.
import { scenario } from 'k6/execution';

export const options = {
  scenarios: {
    one: { executor: 'per-vu-iterations', exec: 'run', maxDuration: '1s', gracefulStop: '0s' },
    two: { executor: 'shared-iterations', exec: 'run', startTime: '1s' },
  },
};

export function run() {
  console.log(scenario.name, scenario.executor, scenario.iterationInTest);
}
