// Recursion without end is a RangeError, through whatever it goes.
export const options = { iterations: 1 };

function dive() { dive(); }
const nested = (times) => { let value = {}; for (let i = 0; i < times; i++) value = [value]; return value; };
const through = {
  functions: dive,
  'a getter': () => { const o = { get x() { return this.x; } }; o.x; },
  'a proxy': () => { const p = new Proxy({}, { get: (target, key, receiver) => receiver[key] }); p.x; },
  'JSON.parse': () => JSON.parse('['.repeat(1e6)),
  'JSON.stringify': () => JSON.stringify(nested(1e6)),
  'String()': () => String(nested(1e6)),
  sort: () => { const f = () => [2, 1].sort(f); f(); },
  replace: () => { const f = () => 'a'.replace('a', f); f(); },
  toString: () => { const o = { toString() { return `${this}`; } }; `${o}`; },
};

export default function () {
  for (const [what, attempt] of Object.entries(through)) {
    try { attempt(); console.log(what, 'no error'); } catch (e) { console.log(what, e.name, e.message); }
  }
  console.log(nested(20));
  dive();
}
