// Names of metrics: letters, digits and underscores, and not empty.
import { Counter } from 'k6/metrics';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

for (const name of ['a', '_a', 'a_1', 'A', 'x'.repeat(128)]) said(() => new Counter(name));
if (__VU === 0) {
  for (const name of ['', '1a', 'a-b', 'a b', 'ä', 'a.b', 'x'.repeat(129), 5, null, undefined, {}]) {
    console.log(said(() => new Counter(name).name));
  }
  console.log(said(() => new Counter()));
}

export default function () {}
