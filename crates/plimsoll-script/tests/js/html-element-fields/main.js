import { parseHTML } from 'k6/html';

const doc = parseHTML(`<form id="f" action="/go" method="POST"><label for="i">L</label><label>M<input id="i" name="n" type="EMAIL" value="v" maxlength="5" required list="dl"></label><button formmethod="get">b</button><textarea cols="9">ab</textarea><fieldset name="fs"><input></fieldset></form><datalist id="dl"><option value="1"></datalist><input form="f" type="odd">`);

export default function () {
  const form = doc.find('form').get(0);
  console.log(form.method(), form.action(), form.enctype(), form.encoding(), form.length(), form.elements().length, form.noValidate(), form.autocomplete());
  const input = doc.find('#i').get(0);
  console.log(input.name(), input.type(), input.value(), input.maxLength(), input.size(), input.required(), input.disabled(), input.form().id(), input.labels().length, input.list().id());
  console.log(input.formMethod(), input.formAction(), input.formEnctype(), doc.find('button').get(0).formMethod(), doc.find('button').get(0).type());
  console.log(doc.find('label').get(0).control().id(), doc.find('label').get(0).htmlFor(), doc.find('label').get(1).control().id(), doc.find('label').get(1).form().id());
  const area = doc.find('textarea').get(0);
  console.log(area.cols(), area.rows(), area.length(), area.value(), area.type(), area.wrap());
  const set = doc.find('fieldset').get(0);
  console.log(set.type(), set.name(), set.elements().length, set.form().id(), set.validity());
  console.log(doc.find('[type=odd]').get(0).type(), doc.find('[type=odd]').get(0).form().id(), doc.find('datalist').get(0).options().length);
}
