// The third argument has tags for the samples: texts, numbers and booleans.
import { check } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  for (const tags of [{ a: 'b' }, { a: 1 }, { a: true }, {}, null, undefined]) {
    console.log(said(() => check(1, { ok: true }, tags)));
  }
  for (const tags of [{ a: {} }, { a: null }, 'text', 5]) console.log(said(() => check(1, { ok: true }, tags)));
}
