// VUS virtual users that each read the data in DATA once, open one connection, and sleep. KIND says how they hold it.
import http from 'k6/http';
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';

const holders = {
  none: () => null,
  array: () => new SharedArray('rows', () => JSON.parse(open(__ENV.DATA))),
  binary: () => new Uint8Array(open(__ENV.DATA, 'b')),
};
const data = holders[__ENV.KIND]();

export const options = {
  scenarios: {
    sleepers: { executor: 'constant-vus', vus: Number(__ENV.VUS), duration: '1h', gracefulStop: '0s' },
  },
};

export default function () {
  let seen = 0;
  for (let i = 0; data && i < data.length; i += 4099) seen += typeof data[i] === 'number' ? data[i] : data[i].id;
  if (seen < 0) throw new Error('the data is not what was written');
  http.get(__ENV.TARGET_URL);
  sleep(3600);
}
