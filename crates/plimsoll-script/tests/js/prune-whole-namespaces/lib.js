export const a = 1;
export function b() {}
export class C {}
export * from './deep.js';
