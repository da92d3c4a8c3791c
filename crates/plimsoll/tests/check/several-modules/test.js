import { login } from './lib.js';
import { own } from './reexport.js';

export const options = {
  thresholds: {
    http_req_duration: ['avg<500'],
    checks: ['rate>0.9'],
    'group_duration{group:::login}': ['avg<1'],
    'group_duration{group:::logout}': ['avg<1'],
  },
};

export default function () {
  login();
  own.get('http://localhost');
}
