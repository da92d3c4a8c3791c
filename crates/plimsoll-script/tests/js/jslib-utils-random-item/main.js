import { randomItem } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  const seen = new Set();
  for (let i = 0; i < 500; i++) seen.add(randomItem(['a', 'b', 'ü']));
  console.log([...seen].sort().join(), randomItem([]), randomItem('x'));
}
