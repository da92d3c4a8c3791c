import { parseHTML } from 'k6/html';

const refused = (call) => {
  try {
    return call();
  } catch (error) {
    console.log(String(error));
  }
};

const doc = parseHTML(`<p>`);

export default function () {
  for (const selector of ['', ' ', 'a[', 'a[b', 'a[b=', 'a[b="c]', '..x', 'a >', '> > a', 'a,', ',a', ':nope', 'p:eq(1)', 'p:first', 'a)', ':not(', ':not()', ':nth-child(2x)', 'p::before', '#', '/', 'ü[']) {
    refused(() => console.log(selector, doc.find(selector).size()));
  }
}
