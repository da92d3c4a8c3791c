// A check that throws has failed; the exception goes on, and later checks are not evaluated.
import { check } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  let after = 0;
  console.log(said(() => check(0, { first: true, bad: () => { throw new RangeError('mine'); }, last: () => { after += 1; } })));
  console.log(said(() => check(0, { bad: () => { throw 'a text'; } })));
  console.log(after);
}
