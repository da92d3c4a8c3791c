// check() and group() work in setup and teardown, not in the init context.
import { check, group } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

if (__VU === 0) {
  console.log(said(() => check(1, { a: true })));
  console.log(said(() => group('a', () => 1)));
}

export function setup() { console.log(check(1, { a: true }), group('a', () => 1)); }
export default function () {}
export function teardown() { console.log(check(1, { a: true }), group('a', () => 1)); }
