// Which part of k6/execution can be read where.
import exec from 'k6/execution';
import { scenario, instance, vu, test } from 'k6/execution';

export const options = { iterations: 1 };

function tell(where) {
  const parts = {
    'scenario.name': () => scenario.name,
    'scenario.progress': () => typeof scenario.progress,
    'instance.vusActive': () => typeof instance.vusActive,
    'instance.currentTestRunDuration': () => instance.currentTestRunDuration >= 0,
    'vu.idInInstance': () => vu.idInInstance,
    'vu.idInTest': () => vu.idInTest,
    'vu.iterationInScenario': () => vu.iterationInScenario,
    'vu.tags': () => vu.tags.group,
    'test.options': () => test.options.iterations ?? typeof test.options,
  };
  for (const [name, read] of Object.entries(parts)) {
    try { console.log(`${where} ${name}:`, read()); } catch (e) { console.log(`${where} ${name}: ${e.name}: ${e.message}`); }
  }
}

export function setup() { tell('setup'); }
export default function () { tell('default'); }
export function teardown() { tell('teardown'); }
console.log(typeof exec.test.abort, typeof exec.test.fail);
try { exec.instance.vusActive; } catch (e) { console.log(e.message); }
try { exec.test.options; } catch (e) { console.log(e.message); }
