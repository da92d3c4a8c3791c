import { parseHTML } from 'k6/html';

const doc = parseHTML(`<a href="/">x</a><p>y</p>`);

export default function () {
  // A method belongs to the elements that have it.
  console.log(typeof doc.find('a').get(0).href, typeof doc.find('p').get(0).href, typeof doc.find('p').href);
  const p = doc.find('p').get(0);
  p.mine = 1;
  console.log(p.mine, doc.find('p').get(0).mine, p.textContent === doc.find('p').get(0).textContent);
}
