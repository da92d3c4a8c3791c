import { parseHTML } from 'k6/html';

const doc = parseHTML(`<div id="o"><div id="i"><p><b>x</b></p></div></div>`);

export default function () {
  console.log(doc.find('b').closest('div').attr('id'), doc.find('b').closest('b').size(), doc.find('b').closest('i').size());
}
