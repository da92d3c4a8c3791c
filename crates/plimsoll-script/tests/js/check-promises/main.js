// Promises are refused, since they would count as passed.
import { check } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  console.log(said(() => check(1, { waits: async () => false })));
  console.log(said(() => check(1, { promise: Promise.resolve(false) })));
  console.log(said(() => check(1, { thenable: { then() {} } })));
}
