// One GET per iteration, each to a URL of its own that looks like no id: what `cargo xtask bench urls` runs.
import http from 'k6/http';
import exec from 'k6/execution';

const url = __ENV.TARGET_URL;

export const options = {
  scenarios: {
    urls: {
      executor: 'shared-iterations',
      vus: Number(__ENV.VUS),
      iterations: Number(__ENV.ITERATIONS),
      maxDuration: '2h',
    },
  },
};

const LETTERS = 'bcdfghjklmnpqrstvwxz';

function word(number) {
  let letters = '';
  for (let rest = number; letters.length < 6; rest = Math.floor(rest / LETTERS.length)) {
    letters += LETTERS[rest % LETTERS.length];
  }
  return letters;
}

export default function () {
  http.get(`${url}pages/${word(exec.scenario.iterationInTest)}`);
}
