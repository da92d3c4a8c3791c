import { findBetween } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  const page = '<i>x</i>'.repeat(100000);
  console.log(findBetween(page, '<i>', '</i>', true).length, findBetween(page, '<b>', '</b>'));
}
