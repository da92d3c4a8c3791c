import { parseHTML } from 'k6/html';

const refused = (call) => {
  try {
    return call();
  } catch (error) {
    console.log(String(error));
  }
};

const doc = parseHTML(`<p>1</p>`);

export default function () {
  const p = doc.find('p');
  for (const name of ['attr', 'closest', 'each', 'filter', 'find', 'has', 'is', 'map', 'not', 'single']) {
    refused(() => p[name]());
    refused(() => p[name](null));
  }
  refused(() => p.each('p'));
  refused(() => p.find('p').find.call({}, 'p'));
  refused(() => p.find.call(p.get(0), 'p'));
  refused(() => parseHTML());
  refused(() => parseHTML(null));
}
