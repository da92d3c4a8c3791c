import { parseHTML } from 'k6/html';

const doc = parseHTML(`<form id="f"><select name="s"><optgroup label="g" disabled><option value="0">zero</option></optgroup><option>  one  1 </option><option label="L" value="2" selected>two</option></select><select multiple size="3"><option selected>a<option selected>b</select></form>`);

export default function () {
  const select = doc.find('select').get(0);
  console.log(select.length(), select.selectedIndex(), select.selectedOptions().length, select.value(), select.type(), select.size(), select.form().id());
  select.options().forEach((o) => console.log(o.index(), o.label(), o.text(), o.value(), o.selected(), o.defaultSelected(), o.disabled(), o.form().id()));
  const many = doc.find('select').get(1);
  console.log(many.type(), many.multiple(), many.size(), many.value(), many.selectedIndex(), many.selectedOptions().length);
}
