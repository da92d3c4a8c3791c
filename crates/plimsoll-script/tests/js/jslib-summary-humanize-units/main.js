import { humanizeValue } from 'https://jslib.k6.io/k6-summary/0.0.4/index.js';

export default function () {
  const time = { type: 'trend', contains: 'time' };
  console.log(humanizeValue(1500, time, 's'), humanizeValue(1.5, time, 'ms'), humanizeValue(0.25, time, 'us'));
}
