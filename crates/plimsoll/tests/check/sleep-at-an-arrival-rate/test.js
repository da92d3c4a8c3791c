import { sleep } from 'k6';

export const options = {
  scenarios: {
    paced: { executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: 1, exec: 'paced' },
    thinking: { executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: 1, exec: 'thinking' },
    looping: { executor: 'constant-vus', vus: 1, duration: '1s' },
  },
};

export function paced() {
  sleep(1);
}

export function thinking() {
  sleep(1);
  return 1;
}

export default function () {
  sleep(1);
}
