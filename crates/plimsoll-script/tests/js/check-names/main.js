// Names may be any text but for the separator of groups.
import { check } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  for (const name of ['', ' ', 'ä ✓ 日本', 'a:b', 'line\nbreak', 'x'.repeat(100000)]) {
    console.log(said(() => check(1, { [name]: true })));
  }
  console.log(said(() => check(1, { 'a::b': true })));
}
