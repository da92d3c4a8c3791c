import { parseHTML } from 'k6/html';

const doc = parseHTML(`<form id="f"><input name="a" value="1"><input name="b" value="x y&z"><input type="checkbox" name="c" checked><input type="checkbox" name="d"><input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked><input name="off" value="1" disabled><input value="unnamed"><input type="submit" name="s" value="Go"><textarea name="t">text</textarea><select name="one"><option value="1">A<option selected>B  b</select><select name="many" multiple><option selected value="m1"><option selected value="m2"><option value="m3"></select><button name="btn" value="b">x</button><fieldset disabled><legend><input name="leg" value="l"></legend><input name="in" value="i"></fieldset></form><input form="f" name="out" value="o"><p>none</p>`);

export default function () {
  console.log(JSON.stringify(doc.find('form').serializeArray()));
  console.log(JSON.stringify(doc.find('p').serializeArray()));
}
