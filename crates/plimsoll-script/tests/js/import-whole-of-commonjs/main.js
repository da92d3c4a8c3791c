import*as tight from'./lib.js';import d, * as both from './lib.js';
export * as again from './lib.js';
export default () => console.log(tight.a, both.a, d.a, Object.keys(tight), typeof tight.toString);
