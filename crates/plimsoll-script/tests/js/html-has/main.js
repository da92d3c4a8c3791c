import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  console.log(doc.find('li').has('b').attr('class'), doc.find('li').has('i').size(), doc.find('ul').has('> b').size(), doc.find('ul').has('> li').size());
}
