import { check } from 'https://jslib.k6.io/k6-utils/1.5.0/index.js';

export default function () {
  console.log(check(5, { five: (value) => value === 5, truthy: true }), check(5, { six: (value) => value === 6 }));
}
