import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  const li = doc.find('li');
  console.log(li.filter('.x').text(), li.filter((i, s) => i === 0 || s.text() === '2').text());
  console.log(li.filter(doc.find('.b')).text(), li.filter(li.get(0)).text(), li.filter(parseHTML('<p>').find('p')).size());
}
