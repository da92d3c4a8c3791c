import { tagWithCurrentStageIndex, tagWithCurrentStageProfile } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
import { sleep } from 'k6';
import exec from 'k6/execution';

export const options = {
  scenarios: {
    ramp: { executor: 'ramping-vus', startVUs: 1, stages: [{ duration: '500ms', target: 1 }, { duration: '1h', target: 5 }] },
  },
};

export default function () {
  tagWithCurrentStageIndex();
  tagWithCurrentStageProfile();
  if (__ITER === 0) console.log(exec.vu.metrics.tags.stage, exec.vu.metrics.tags.stage_profile);
  if (exec.vu.metrics.tags.stage === '1') {
    console.log(exec.vu.metrics.tags.stage, exec.vu.metrics.tags.stage_profile);
    exec.test.abort('seen');
  }
  sleep(0.02);
}
