import { parseHTML } from 'k6/html';

export default function () {
  const rows = parseHTML('<table>' + '<tr><td>1<td>2</tr>'.repeat(20000) + '</table>');
  console.log(rows.find('td').size(), rows.find('tr:nth-child(20000) td:last-child').text(), rows.find('tr:last-child').size());
  console.log(parseHTML('x'.repeat(3000000)).text().length);
}
