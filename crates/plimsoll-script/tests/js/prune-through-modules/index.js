export { default as add } from './add.js';
export { sub, mul } from './more.js';
export * from './rest.js';
