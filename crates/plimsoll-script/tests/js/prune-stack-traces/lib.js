/* äöü */ export function gone() { return `ä`; } export function first() {}
const table = {
  a: 1,
};
export function idle() { return table; }   export function fails() { throw new Error('here'); }
