import dep from './dep.js';
globalThis.evaluated += 1;
export const value = dep.value;
