import { parseDuration } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  for (const text of ['', undefined, null, 's', '-1s', '1x', '1s2', '1 m', 'ä']) {
    try {
      console.log(text, parseDuration(text));
    } catch (error) {
      console.log(error.message);
    }
  }
}
