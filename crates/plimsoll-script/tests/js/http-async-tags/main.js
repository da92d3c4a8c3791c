// Samples have the tags of when the request was made.
import http from 'k6/http';
import exec from 'k6/execution';
import { group } from 'k6';

export const options = { thresholds: { 'http_reqs{group:::g,mark:early}': ['count==1'], 'http_reqs{mark:late}': ['count==0'] } };

export default async function () {
  exec.vu.metrics.tags.mark = 'early';
  let promise;
  group('g', () => {
    promise = http.asyncRequest('GET', `${__ENV.SERVER}/slow`);
  });
  exec.vu.metrics.tags.mark = 'late';
  console.log((await promise).body);
}
