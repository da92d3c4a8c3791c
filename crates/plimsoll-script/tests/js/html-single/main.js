import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  console.log(doc.single('li').text(), doc.find('ul').single('.x').text(), doc.single('i').size());
}
