export * from './lib.js';
export * as lib from './lib.js';
export { three } from './lib.js';
