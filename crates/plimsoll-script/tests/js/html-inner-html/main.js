import { parseHTML } from 'k6/html';

const doc = parseHTML(`<p>a &lt; <b class="x">b</b><br>c<!-- d --></p>`);

export default function () {
  console.log(doc.find('p').html());
  console.log(doc.find('i').html());
  console.log(doc.html());
}
