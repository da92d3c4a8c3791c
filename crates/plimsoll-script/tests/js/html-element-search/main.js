import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  const ul = doc.find('ul').get(0);
  console.log(ul.querySelector('.x').textContent(), ul.querySelectorAll('.x').length, ul.querySelector('p'), ul.matches('#u'), ul.matches('p'));
  console.log(ul.getElementsByTagName('LI').length, ul.getElementsByTagName('*').length, ul.getElementsByClassName('x b').length, ul.getElementsByClassName('').length);
  const li = ul.firstElementChild();
  console.log(ul.contains(li), li.contains(ul), ul.contains(ul), ul.contains());
  console.log(li.isSameNode(doc.find('.a').get(0)), li.isSameNode(ul), li.isEqualNode(parseHTML('<li class="a">1</li>').find('li').get(0)), li.isEqualNode(ul), li.isEqualNode());
  console.log(li.isDefaultNamespace(), li.namespaceURI() === '', parseHTML('<svg>').find('svg').get(0).namespaceURI());
}
