import { randomItem } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
import { SharedArray } from 'k6/data';

const users = new SharedArray('users', () => [{ name: 'anna' }]);

export default function () {
  console.log(randomItem(users).name);
}
