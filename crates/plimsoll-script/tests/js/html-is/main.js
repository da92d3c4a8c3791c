import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  const li = doc.find('li');
  console.log(li.is('.b'), li.is('p'), li.is((i, s) => s.text() === '2'), li.is(doc.find('.c')), li.is(doc.find('p').get(0)));
}
