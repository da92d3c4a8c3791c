import exec from 'k6/execution';
import { vu, scenario } from 'k6/execution';

export const options = {
  scenarios: { one: { executor: 'per-vu-iterations', vus: 2, iterations: 2, exec: 'run', env: { WHO: 'one' }, tags: { t: 'x' } } },
};
try { exec.vu.idInTest; } catch (e) { console.log(e.message); }
try { exec.scenario.name; } catch (e) { console.log(e.message); }

export function setup() {
  try { exec.scenario.name; } catch (e) { console.log('setup:', e.message); }
  return { from: 'setup' };
}

export function run(data) {
  if (__VU !== 1) return;
  console.log(__VU, __ITER, vu.idInInstance, vu.idInTest, vu.iterationInInstance, vu.iterationInScenario);
  console.log(scenario.name, scenario.executor, typeof scenario.startTime, scenario.progress >= 0, scenario.iterationInTest === scenario.iterationInInstance);
  console.log(exec.instance.vusActive, exec.instance.vusInitialized, exec.instance.iterationsInterrupted);
  console.log(__ENV.WHO, __ENV.NAME, data.from, 'one' in exec.test.options.scenarios);
}

export function teardown(data) {
  console.log('teardown', data.from);
}
