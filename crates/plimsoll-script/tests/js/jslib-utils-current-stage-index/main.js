import { getCurrentStageIndex } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
import { sleep } from 'k6';

export const options = {
  scenarios: {
    ramp: {
      executor: 'ramping-vus',
      startVUs: 1,
      stages: [
        { duration: '500ms', target: 1 },
        { duration: '300ms', target: 1 },
      ],
    },
  },
};

const seen = [];

export default function () {
  const index = getCurrentStageIndex();
  if (seen[seen.length - 1] !== index) {
    seen.push(index);
    console.log(index);
  }
  sleep(0.01);
}
