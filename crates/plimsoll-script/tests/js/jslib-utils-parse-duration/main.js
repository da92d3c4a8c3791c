import { parseDuration } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  for (const text of ['1d2h3m4s5ms', '1.5s', '90m', '10', ' 2s ', '0s', 250, '1m1m']) {
    console.log(text, parseDuration(text));
  }
}
