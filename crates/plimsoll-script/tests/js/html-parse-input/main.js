import { parseHTML } from 'k6/html';

export default function () {
  console.log(parseHTML('').find('body').size(), '[' + parseHTML('').text() + ']');
  console.log(parseHTML(7).text(), parseHTML('\u0000a').find('body').text().length, parseHTML('<p>ü😀').find('p').text());
  console.log(parseHTML('just text').find('body').html());
}
