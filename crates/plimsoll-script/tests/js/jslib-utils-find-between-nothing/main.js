import { findBetween } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  console.log(findBetween('abc', '<', '>'), findBetween('<abc', '<', '>'), findBetween('', '<', '>', true));
  console.log(JSON.stringify(findBetween('><', '<', '>')), JSON.stringify(findBetween('<>', '<', '>')));
}
