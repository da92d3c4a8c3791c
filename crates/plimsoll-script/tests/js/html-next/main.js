import { parseHTML } from 'k6/html';

const doc = parseHTML(`<i id="1"></i><b id="2"></b>text<i id="3"></i><b id="4"></b><i id="5"></i>`);

export default function () {
  const ids = (selection) => selection.map((i, s) => s.attr('id')).join();
  const one = doc.find('[id="1"]');
  console.log(ids(one.next()), ids(one.next('i')), ids(one.nextAll()), ids(one.nextAll('b')));
  console.log(ids(one.nextUntil('[id="4"]')), ids(one.nextUntil()), ids(one.nextUntil('[id="5"]', 'b')), ids(one.nextUntil(doc.find('[id="3"]'))));
  console.log(ids(doc.find('i').next()), ids(doc.find('b').nextAll()));
}
