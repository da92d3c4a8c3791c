import { humanizeValue } from 'https://jslib.k6.io/k6-summary/0.0.4/index.js';

export default function () {
  const number = { type: 'counter', contains: 'default' };
  console.log(humanizeValue(5, number), humanizeValue(1 / 3, number), humanizeValue(-2.5, number));
  const rate = { type: 'rate', contains: 'default' };
  console.log(humanizeValue(0, rate), humanizeValue(2 / 3, rate), humanizeValue(1, rate), humanizeValue(0.99999, rate), humanizeValue(0.57, rate));
}
