import { parseHTML } from 'k6/html';

export default function () {
  // A hundred thousand elements in each other: nested as deep as browsers do, then side by side.
  const bomb = parseHTML('<div>'.repeat(100000) + 'end');
  console.log(bomb.find('div').size(), bomb.text(), bomb.find('div').last().parents().size() < 600);
  console.log(bomb.html().length, bomb.find('div div div div div div span').size());
  const closed = parseHTML('<p>before</p>' + '<i>'.repeat(2000) + 'x' + '</i>'.repeat(2000) + '<p id="after">after</p>');
  console.log(closed.find('i').size(), closed.find('#after').parents('i').size());
}
