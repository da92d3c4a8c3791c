import { findBetween } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  const page = '<a>one</a><a>two</a><a></a>';
  console.log(findBetween(page, '<a>', '</a>'));
  console.log(JSON.stringify(findBetween(page, '<a>', '</a>', true)));
  console.log(findBetween('über [ä€😀] alles', '[', ']'));
}
