import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  console.log(doc.find('li').size(), doc.find('li.x').text(), doc.find('#u > li:first-child').text());
  console.log(doc.find('ul').find('b').text(), doc.find('ul').find('p').size(), doc.find('nope').size());
  console.log(doc.find('p, b, li.a').map((i, s) => s.text()).join());
}
