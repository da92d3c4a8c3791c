import { parseHTML } from 'k6/html';

const doc = parseHTML(`<div>text<p>1</p><!-- c --><b>2</b></div>`);

export default function () {
  const div = doc.find('div');
  console.log(div.children().size(), div.children('b').text(), div.contents().size());
  div.contents().each((i, node) => console.log(node.nodeName(), node.nodeType(), node.nodeValue()));
}
