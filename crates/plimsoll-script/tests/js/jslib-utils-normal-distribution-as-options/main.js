import { normalDistributionStages } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
import { sleep } from 'k6';
import exec from 'k6/execution';

export const options = { scenarios: { bell: { executor: 'ramping-vus', startVUs: 0, stages: normalDistributionStages(2, 0.2, 4) } } };

export default function () {
  if (__VU === 1 && __ITER === 0) console.log(JSON.stringify(exec.test.options.scenarios.bell.stages));
  sleep(0.01);
}
