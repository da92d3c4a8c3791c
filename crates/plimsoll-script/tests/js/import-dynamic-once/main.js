// A module runs once, however it is asked for; a failure is remembered.
const [a, b] = await Promise.all([import('./once.js'), import('./once.js')]);
import * as c from './once.js';
const failures = [];
for (let i = 0; i < 2; i++) await import('./fails.js').catch((e) => failures.push(e));
export default () => console.log(a === b, a === c, globalThis.runs, failures[0] === failures[1], failures.length);
