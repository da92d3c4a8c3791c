import { humanizeValue } from 'https://jslib.k6.io/k6-summary/0.0.4/index.js';

export default function () {
  const data = { type: 'counter', contains: 'data' };
  for (const value of [0, 1, 9.5, 10, 999, 1000, 9949, 12345, 999499, 1e6, 123456789, 5e12]) {
    console.log(value, humanizeValue(value, data));
  }
}
