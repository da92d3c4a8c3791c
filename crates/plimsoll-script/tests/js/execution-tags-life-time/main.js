// Tags that a script sets live until its VU is handed to another scenario.
import exec from 'k6/execution';

export const options = {
  scenarios: {
    first: { executor: 'per-vu-iterations', iterations: 2, exec: 'run', maxDuration: '1s', gracefulStop: '0s' },
    second: { executor: 'per-vu-iterations', iterations: 2, exec: 'run', startTime: '1s' },
  },
};

export function setup() {
  exec.vu.tags.from = 'setup';
  exec.vu.metrics.metadata.from = 'setup';
  console.log(exec.vu.tags);
}

export function run() {
  const { tags, metadata } = exec.vu.metrics;
  console.log(exec.vu.idInTest, tags.scenario, tags.mine, metadata.mine, tags.from, metadata.from);
  tags.mine = `${exec.scenario.name} ${exec.vu.iterationInScenario}`;
  metadata.mine = tags.mine;
}
