import { uuidv4 } from 'https://jslib.k6.io/k6-utils/1.0.0/index.js';
import { uuidv4 as other } from 'https://jslib.k6.io/k6-utils/1.1.0/index.js';
import * as all from 'https://jslib.k6.io/k6-utils/1.2.0/index.js';

export default function () {
  console.log(uuidv4().length, other().length, Object.keys(all).length > 8);
}
