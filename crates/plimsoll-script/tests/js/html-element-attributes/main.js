import { parseHTML } from 'k6/html';

const doc = parseHTML(`<a href="/x" ID="a" class="k"></a>`);

export default function () {
  const a = doc.find('a').get(0);
  console.log(a.getAttribute('href'), a.getAttribute('HREF'), a.getAttribute('no'), a.hasAttribute('id'), a.hasAttribute('no'), a.hasAttributes());
  const all = a.attributes();
  console.log(Object.keys(all).join(), all.href.name, all.href.value, all.href.ownerElement.id());
  const node = a.getAttributeNode('class');
  console.log(node.name, node.value, node.localName(), '[' + node.prefix() + node.namespaceURI() + ']', a.getAttributeNode('no'));
  console.log(doc.find('body').get(0).hasAttributes());
}
