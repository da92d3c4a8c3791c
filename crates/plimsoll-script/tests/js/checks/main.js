import { check } from 'k6';

export default function () {
  const value = { status: 200 };
  console.log(check(value, { 'is 200': (v) => v.status === 200, truthy: 1 }));
  console.log(check(value, { 'is 500': (v) => v.status === 500, 'is 200': (v) => v.status === 200 }, { team: 'a' }));
  try {
    check(value, { 'throws': () => { throw new TypeError('inside'); }, 'never reached': () => true });
  } catch (e) {
    console.log('caught', e.name, e.message);
  }
  for (const bad of [() => check(value), () => check(value, 'x'), () => check(value, { 'a::b': true }), () => check(value, { async: async () => true })]) {
    try { bad(); } catch (e) { console.log(e.name + ': ' + e.message); }
  }
}
