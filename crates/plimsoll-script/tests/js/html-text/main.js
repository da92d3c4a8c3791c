import { parseHTML } from 'k6/html';

const doc = parseHTML(`<p>a<b>b</b><!-- no --> c</p><p>ü😀</p>`);

export default function () {
  console.log(doc.find('p').text(), doc.find('b').text(), '[' + doc.find('i').text() + ']');
}
