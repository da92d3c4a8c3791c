globalThis.log = ['begin'];
const note = (what) => { globalThis.log.push(what); return what; };
const table = { idle: [1, 2, { deep: true }] };
const noted = note('initialiser');
class Idle { static table = table; method() { return noted; } }
class Busy { static { note('static block'); } static [note('computed key')] = 1; }
function idle() { return new Idle().method(); }
export function unwanted() { return idle(); }
let count = 0;
export function wanted() { return helper(count); }
function helper(n) { return `wanted ${n} ${typeof later}`; }
var later = () => idle
;(function () { note('called'); })()
export { later as renamed };
note('end');
