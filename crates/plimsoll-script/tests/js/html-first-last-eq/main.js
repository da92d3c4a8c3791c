import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  const li = doc.find('li');
  console.log(li.first().text(), li.last().text(), li.eq(1).text(), li.eq(-3).text());
  console.log(li.eq(3).size(), li.eq(-4).size(), doc.find('i').first().size(), doc.find('i').last().size());
}
