// Facts cannot be changed: not by writing, not by deleting.
import exec from 'k6/execution';

export const options = { iterations: 1 };

export default function () {
  for (const [what, attempt] of Object.entries({
    vu: () => { exec.vu.idInTest = 7; },
    scenario: () => { exec.scenario.name = 'x'; },
    instance: () => { exec.instance.vusActive = 0; },
    test: () => { exec.test.abort = 1; },
    'delete vu': () => { delete exec.vu.idInTest; },
    'delete test': () => { delete exec.test.fail; },
  })) {
    try { attempt(); console.log(what, 'no error'); } catch (e) { console.log(what, e.name, e.message); }
  }
  console.log(exec.vu.idInTest, exec.scenario.name, typeof exec.test.abort, typeof exec.test.fail);
  console.log(Object.keys(exec.vu).join(), Object.keys(exec.scenario).join());
  console.log(Object.keys(exec.instance).join(), Object.keys(exec.test).join(), Object.keys(exec).join());
  console.log(exec.test.options === exec.test.options);
}
