import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  const li = doc.find('li');
  li.each((index, element) => console.log(index, element.nodeName(), element.textContent(), element.className()));
  console.log(li.each(() => {}) === li);
}
