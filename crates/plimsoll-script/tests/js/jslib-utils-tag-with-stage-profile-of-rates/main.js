import { tagWithCurrentStageProfile } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
import exec from 'k6/execution';

export const options = {
  scenarios: {
    rates: {
      executor: 'ramping-arrival-rate',
      startRate: 50,
      preAllocatedVUs: 1,
      stages: [{ duration: '100ms', target: 20 }],
    },
  },
};

export default function () {
  tagWithCurrentStageProfile();
  if (exec.scenario.iterationInTest === 0) console.log(exec.vu.metrics.tags.stage_profile);
}
