import { ad, sub } from './lib.js';
export default () => console.log(typeof ad, sub);
