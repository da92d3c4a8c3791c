import { parseHTML } from 'k6/html';

const doc = parseHTML(`<main><section><div><p>x</p></div></section></main>`);

export default function () {
  const names = (selection) => selection.map((i, s) => s.get(0).nodeName()).join();
  const p = doc.find('p');
  console.log(names(p.parent()), names(p.parent('section')), names(p.parents()), names(p.parents('section, html')));
  console.log(names(p.parentsUntil('main')), names(p.parentsUntil()), names(p.parentsUntil('body', 'div')));
  console.log(names(p.parentsUntil(doc.find('section'))), names(p.parentsUntil(doc.find('main').get(0))));
  console.log(doc.find('html').parent().size());
}
