import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ol><li>1<li>2<li>3<li>4<li>5<li>6</ol><div><p>a</p><b>b</b><p>c</p><b>d</b></div><div><i>only</i></div>`);

export default function () {
  const show = (selector) => console.log(selector, doc.find(selector).map((i, s) => s.text()).join());
  ['li:nth-child(2)', 'li:nth-child(odd)', 'li:nth-child(3n+1)', 'li:nth-child(-n+2)', 'li:nth-last-child(2)', 'li:nth-last-child(-n + 2)'].forEach(show);
  ['p:nth-of-type(2)', 'p:first-of-type', 'b:last-of-type', 'b:nth-last-of-type(2)', 'i:only-child', 'i:only-of-type', 'p:only-child', 'li:first-child', 'li:last-child'].forEach(show);
}
