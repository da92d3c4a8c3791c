import { parseHTML } from 'k6/html';

const doc = parseHTML(`<div><p>1</p><p>2</p><b>3</b><p>4</p><section><p>5</p></section></div>`);

export default function () {
  for (const selector of ['div p', 'div > p', 'p + p', 'b ~ p', 'p + b + p', 'div section > p', 'body div>section p', 'div  ,  b', 'section + p', '* > b']) {
    console.log(selector, doc.find(selector).map((i, s) => s.get(0).nodeName() + s.text()).join());
  }
  console.log(doc.find('div').find('> p').size(), doc.find('b').find('+ p').size());
}
