import { parseHTML } from 'k6/html';

const doc = parseHTML(`<a lang="de-AT" href="/a.png" data-k="One two"></a><a lang="en" href="https://b" class="x  y"></a><b></b>`);

export default function () {
  for (const selector of ['[href]', '[href="/a.png"]', '[href^=https]', '[href$=".png"]', '[href*=a]', '[data-k~=two]', '[lang|=de]', '[lang!=en]', 'a[lang!=en]', '[data-k="one TWO" i]', '[class="x  y"]', '[HREF]', '[href^=""]', ':lang(de)', '[data-k="One\\20 two"]']) {
    console.log(selector, doc.find(selector).size());
  }
}
