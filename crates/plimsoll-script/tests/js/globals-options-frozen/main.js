// exec.test.options is complete, and cannot be changed.
import exec from 'k6/execution';
export const options = { iterations: 1, tags: { team: 'a' }, thresholds: { checks: ['rate>=0'] } };
export default function () {
  const { options } = exec.test;
  console.log(Object.isFrozen(options), options.tags.team, options.scenarios.default.executor, options.scenarios.default.vus, 'maxRedirects' in options, 'userAgent' in options);
  try { options.vus = 5; console.log('no error', options.vus); } catch (e) { console.log(e.name); }
  try { options.tags.team = 'b'; console.log('no error', options.tags.team); } catch (e) { console.log(e.name, options.tags.team); }
}
