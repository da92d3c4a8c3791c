// What check() says of arguments that are missing or of another type.
import { check } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  console.log(said(() => check()));
  console.log(said(() => check(1)));
  for (const sets of [null, undefined, 5, 'text', true, []]) console.log(said(() => check(1, sets)));
}
