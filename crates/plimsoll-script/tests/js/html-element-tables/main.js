import { parseHTML } from 'k6/html';

const doc = parseHTML(`<table><caption>c</caption><tfoot><tr><td>f</tfoot><thead><tr><th scope="ROW" abbr="x">h</thead><tbody><tr><td colspan="2">1<td>2<tr></tr></tbody></table><table><colgroup span="3"></table>`);

export default function () {
  const table = doc.find('table').get(0);
  console.log(table.caption().textContent(), table.rows().map((r) => r.textContent()).join(), table.tBodies().length, table.tHead().rows().length, table.tFoot().nodeName());
  console.log(doc.find('table').get(1).tHead(), doc.find('colgroup').get(0).span());
  const row = doc.find('tbody tr').get(0);
  console.log(row.cells().length, row.rowIndex(), row.sectionRowIndex(), doc.find('tfoot tr').get(0).rowIndex());
  const cell = row.cells()[1];
  console.log(cell.cellIndex(), cell.colSpan(), row.cells()[0].colSpan(), cell.rowSpan(), doc.find('th').get(0).scope(), doc.find('th').get(0).abbr());
}
