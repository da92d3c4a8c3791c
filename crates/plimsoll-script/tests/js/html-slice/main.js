import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  const texts = (selection) => selection.map((i, s) => s.text()).join();
  const li = doc.find('li');
  console.log(texts(li.slice(1)), texts(li.slice(0, 2)), texts(li.slice(-1)), texts(li.slice(-3, -1)));
  console.log(li.slice(2, 1).size(), li.slice(9).size(), li.slice(0, 99).size(), li.slice(-99).size());
}
