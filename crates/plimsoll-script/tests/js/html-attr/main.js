import { parseHTML } from 'k6/html';

const doc = parseHTML(`<a href="/x" title="">t</a>`);

export default function () {
  const a = doc.find('a');
  console.log(a.attr('href'), a.attr('HREF'), '[' + a.attr('title') + ']', a.attr('id'), a.attr('id', 'none'));
  console.log(doc.find('b').attr('href'), doc.find('b').attr('href', 1));
}
