import { randomIntBetween } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  const seen = new Set();
  for (let i = 0; i < 500; i++) seen.add(randomIntBetween(-1, 2));
  console.log(JSON.stringify([...seen].sort((a, b) => a - b)), randomIntBetween(7, 7));
}
