export const unused = { a: 1 };
globalThis.log.push('only');
