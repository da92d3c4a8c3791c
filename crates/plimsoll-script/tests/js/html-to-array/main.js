import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  const all = doc.find('li').toArray();
  console.log(Array.isArray(all), all.length, all[1].text(), all[1].attr('class'));
}
