// k6-utils, as https://grafana.com/docs/k6/latest/javascript-api/jslib/utils/ documents it. Plimsoll's own
// implementation.

import { check as checkNow } from 'k6';
import exec from 'k6/execution';

// A whole number from min to max, both included.
export function randomIntBetween(min, max) {
  return Math.floor(Math.random() * (max - min + 1)) + min;
}

export function randomItem(items) {
  return items[Math.floor(Math.random() * items.length)];
}

export function randomString(length, charset = 'abcdefghijklmnopqrstuvwxyz') {
  let text = '';
  for (let left = length; left > 0; left--) text += charset[Math.floor(Math.random() * charset.length)];
  return text;
}

// A random UUID: from the system's source of randomness when it has to be secure.
export function uuidv4(secure = false) {
  if (secure) return crypto.randomUUID();
  let text = '';
  for (let at = 0; at < 36; at++) {
    if (at === 8 || at === 13 || at === 18 || at === 23) text += '-';
    else if (at === 14) text += '4';
    else if (at === 19) text += '89ab'[Math.floor(Math.random() * 4)];
    else text += Math.floor(Math.random() * 16).toString(16);
  }
  return text;
}

// The first text between two others, or a list of all; null when there is none.
export function findBetween(content, left, right, repeat = false) {
  const found = [];
  let from = 0;
  for (;;) {
    const start = content.indexOf(left, from);
    const end = start < 0 ? -1 : content.indexOf(right, start + left.length);
    if (end < 0) return found.length > 0 ? found : null;
    const between = content.slice(start + left.length, end);
    if (!repeat) return between;
    found.push(between);
    // Also when both texts are empty, the search goes on.
    from = Math.max(end + right.length, from + 1);
    if (from > content.length) return found;
  }
}

// Stages along a bell curve that reaches maxVus in its middle and ends with no VUs.
export function normalDistributionStages(maxVus, durationSeconds, numberOfStages = 10) {
  // Three standard deviations to each side hold all but 0.3 % of the area.
  const density = (stage) => Math.exp(-(((stage / numberOfStages) * 6 - 3) ** 2) / 2);
  const targets = Array.from({ length: numberOfStages }, (_, index) => density(index + 1));
  const highest = Math.max(...targets);
  const until = (stage) => Math.round((durationSeconds * 1000 * stage) / numberOfStages);
  return targets.map((target, index) => ({
    duration: `${until(index + 1) - until(index)}ms`,
    target: index === numberOfStages - 1 ? 0 : Math.round((target / highest) * maxVus),
  }));
}

const MILLISECONDS = { d: 86400000, h: 3600000, m: 60000, s: 1000, ms: 1 };

// Milliseconds of a duration such as 1h30m or 1.5s; a bare number is milliseconds.
export function parseDuration(text) {
  const wrong = () => new Error(`'${text}' is not a duration; write it like 1d2h3m4s5ms`);
  if (text === undefined || text === null || String(text).trim() === '') throw wrong();
  const trimmed = String(text).trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  if (!/^(\d+(\.\d+)?(ms|d|h|m|s))+$/.test(trimmed)) throw wrong();
  let sum = 0;
  for (const [, number, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)) {
    sum += Number(number) * MILLISECONDS[unit];
  }
  return sum;
}

function currentScenario() {
  const scenario = exec.test.options.scenarios?.[exec.scenario.name];
  if (!scenario?.stages?.length) {
    throw new Error(
      `scenario '${exec.scenario.name}' has no stages: only ramping-vus and ramping-arrival-rate have them`,
    );
  }
  return scenario;
}

// The number of the stage that the scenario is in, from 0; the last one after its end.
export function getCurrentStageIndex() {
  const { stages } = currentScenario();
  let left = Date.now() - exec.scenario.startTime;
  const current = stages.findIndex(({ duration }) => (left -= parseDuration(duration)) < 0);
  return current < 0 ? stages.length - 1 : current;
}

// Tags what follows in this VU with the stage's number.
export function tagWithCurrentStageIndex() {
  exec.vu.metrics.tags.stage = getCurrentStageIndex();
}

// Tags what follows in this VU with what the stage does: ramp-up, ramp-down or steady.
export function tagWithCurrentStageProfile() {
  const { stages, startVUs, startRate, executor } = currentScenario();
  const index = getCurrentStageIndex();
  const first = executor === 'ramping-arrival-rate' ? (startRate ?? 0) : (startVUs ?? 1);
  const before = index === 0 ? first : stages[index - 1].target;
  const change = stages[index].target - before;
  exec.vu.metrics.tags.stage_profile = change > 0 ? 'ramp-up' : change < 0 ? 'ramp-down' : 'steady';
}

// check of k6 for sets with promises or async functions too; the answer is a promise then.
export function check(value, sets, tags) {
  const known = {};
  const awaited = [];
  for (const name of Object.keys(sets)) {
    const result = typeof sets[name] === 'function' ? sets[name](value) : sets[name];
    known[name] = result;
    if (typeof result?.then === 'function') awaited.push(result.then((late) => (known[name] = late)));
  }
  const record = () => (tags === undefined ? checkNow(value, known) : checkNow(value, known, tags));
  return awaited.length > 0 ? Promise.all(awaited).then(record) : record();
}
