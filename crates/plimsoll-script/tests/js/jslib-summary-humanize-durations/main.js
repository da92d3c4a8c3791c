import { humanizeValue } from 'https://jslib.k6.io/k6-summary/0.0.4/index.js';

export default function () {
  const time = { type: 'trend', contains: 'time' };
  for (const value of [0, 0.0005, 0.001, 0.5, 1.239, 999.999, 1000, 1500.9, 59999, 60000, 90061, 3723000, 90000000]) {
    console.log(value, humanizeValue(value, time));
  }
}
