export const options = {
  vuss: 3,
  thresold: {},
  scenarios: {
    one: { executor: 'constant-vus', vus: 1, durations: '1s' },
    two: { executor: 'constant-vu', vus: 1, duration: '1s' },
  },
};

export default function () {}
