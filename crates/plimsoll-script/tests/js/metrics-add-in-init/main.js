// Values are added while the test runs, not in the init context.
import { Counter } from 'k6/metrics';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

const counter = new Counter('counter');
if (__VU === 0) console.log(said(() => counter.add(1)));

export function setup() { console.log(counter.add(1)); }
export default function () { console.log(counter.add(1), said(() => counter.add())); }
export function teardown() { console.log(counter.add(1)); }
