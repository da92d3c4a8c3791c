import { randomString } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  console.log(/^[a-z]{20}$/.test(randomString(20)), randomString(3, 'x'), `[${randomString(0)}]`);
  console.log(/^[01]{64}$/.test(randomString(64, '01')), randomString(10) !== randomString(10));
}
