import { parseHTML } from 'k6/html';

const doc = parseHTML(`<div data-id="7" data-user-name="ann" data-on="true" data-off="false" data-none="null" data-list="[1,2]" data-o='{"a":1}' data-bad="{a" data-zip="007" data-e=""></div>`);

export default function () {
  const div = doc.find('div');
  console.log(JSON.stringify(div.data()));
  console.log(div.data('id') === 7, div.data('userName'), div.data('user-name'), div.data('zip'), div.data('bad'), div.data('nope'));
  console.log(div.data('list')[1], div.data('o').a, '[' + div.data('e') + ']', JSON.stringify(doc.find('p').data()), doc.find('p').data('x'));
}
