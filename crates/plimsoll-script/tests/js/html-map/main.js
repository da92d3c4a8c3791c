import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  const mapped = doc.find('li').map((index, li) => ({ index, text: li.text() }));
  console.log(JSON.stringify(mapped));
  console.log(JSON.stringify(doc.find('li').map((i) => (i === 1 ? undefined : [i]))));
}
