import { name } from './a.js';
export default 'esm';
export const fromA = name;
