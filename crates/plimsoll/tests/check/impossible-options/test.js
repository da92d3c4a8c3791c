export const options = {
  vus: 'many',
  duration: '1 week',
  thresholds: { iterations: ['countt>1'], 'http_reqs{': ['count>1'] },
};

export default function () {}
