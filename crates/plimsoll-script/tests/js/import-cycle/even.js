import { isOdd } from './odd.js';
export const isEven = (n) => n === 0 || isOdd(n - 1);
