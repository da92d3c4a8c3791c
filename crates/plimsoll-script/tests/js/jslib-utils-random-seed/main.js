import { randomIntBetween, randomString, uuidv4 } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
import { randomSeed } from 'k6';

export default function () {
  const draw = () => [randomIntBetween(0, 1e9), randomString(8), uuidv4()].join();
  randomSeed(7);
  const first = draw();
  randomSeed(7);
  console.log(first === draw(), first === draw());
}
