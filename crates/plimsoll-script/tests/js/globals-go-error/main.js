// Errors of k6's functions are instances of GoError, which is an Error.
import { fail, check } from 'k6';
export const options = { iterations: 1 };

export default function () {
  for (const bad of [() => fail('on purpose'), () => check(1), () => open('x')]) {
    try { bad(); } catch (e) { console.log(e.name, e instanceof GoError, e instanceof Error, Object.keys(e).length, String(e).startsWith('GoError: ')); }
  }
  try { null.x; } catch (e) { console.log(e.name, e instanceof GoError); }
}
