import { parseHTML } from 'k6/html';

const doc = parseHTML(`<div><div><i>1</i></div><i>2</i></div>`);

export default function () {
  // Each node once, by what finds it first.
  console.log(doc.find('div').find('i').map((i, s) => s.text()).join());
}
