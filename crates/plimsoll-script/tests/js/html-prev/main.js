import { parseHTML } from 'k6/html';

const doc = parseHTML(`<i id="1"></i><b id="2"></b>text<i id="3"></i><b id="4"></b><i id="5"></i>`);

export default function () {
  const ids = (selection) => selection.map((i, s) => s.attr('id')).join();
  const five = doc.find('[id="5"]');
  console.log(ids(five.prev()), ids(five.prev('i')), ids(five.prevAll()), ids(five.prevAll('b')));
  console.log(ids(five.prevUntil('[id="2"]')), ids(five.prevUntil()), ids(five.prevUntil('[id="1"]', 'b')), ids(five.prevUntil(doc.find('[id="3"]').get(0))));
}
