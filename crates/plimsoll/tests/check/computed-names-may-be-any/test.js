import http from 'k6/http';
import { check, group } from 'k6';

const sets = { [`is ${__ENV.STATE}`]: true };
const params = (tags) => ({ tags });

export const options = {
  thresholds: {
    'checks{check:is anything}': ['rate>0.9'],
    'group_duration{group:::anything}': ['avg<500'],
    'http_req_duration{anything:here}': ['avg<500'],
  },
};

export default function () {
  group(__ENV.NAME, () => {});
  check(1, sets);
  http.get('http://localhost', params({ a: 'b' }));
}
