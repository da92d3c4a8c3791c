import { parseHTML } from 'k6/html';

const doc = parseHTML(`<div id="d">t<p class="x y">1</p><!-- c --><b>2</b></div>`);

export default function () {
  const div = doc.find('div').get(0);
  console.log(div.nodeName(), div.nodeType(), div.nodeValue(), String(div), div.id(), div.className(), div.lang());
  console.log(div.childElementCount(), div.childNodes().length, div.children().length, div.hasChildNodes());
  console.log(div.firstChild().nodeValue(), div.lastChild().textContent(), div.firstElementChild().textContent(), div.lastElementChild().nodeName());
  const p = div.firstElementChild();
  console.log(p.nextSibling().nodeName(), p.nextElementSibling().nodeName(), p.previousSibling().nodeName(), p.previousElementSibling());
  console.log(p.parentNode().id(), p.parentElement().id(), p.ownerDocument().nodeName(), p.ownerDocument().nodeType(), p.ownerDocument().ownerDocument());
  console.log(JSON.stringify(p.classList()), p.innerHTML(), div.innerHTML(), div.textContent());
  // k6 crashes here.
  console.log(div.firstChild().previousSibling(), div.lastChild().nextSibling(), p.firstChild().firstChild());
}
