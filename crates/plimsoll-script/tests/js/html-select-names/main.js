import { parseHTML } from 'k6/html';

const doc = parseHTML(`<p id="7a">digit</p><p id="a.b">dot</p><p class="sm:flex">colon</p><p class="größe">ö</p><svg><linearGradient id="g"/></svg><x-y>custom</x-y>`);

export default function () {
  for (const selector of ['#7a', '#a\\.b', '.sm\\:flex', '.größe', 'linearGradient', 'lineargradient', 'X-Y', '.\\67 rö\\df e']) {
    console.log(selector, doc.find(selector).size());
  }
}
