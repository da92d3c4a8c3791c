import { random, circular } from 'plimsoll/data';

export const options = { vus: 1, iterations: 2 };

const one = random('./rows.json', { seed: 1 });
const same = random('./rows.json', { seed: 1 });
const other = random('./rows.json', { seed: 2 });
const unseeded = random('./rows.json');
const turns = circular('./rows.json');
const draw = (rows, count) => Array.from({ length: count }, () => rows.next());

export default function () {
  const [a, b, c] = [draw(one, 200), draw(same, 200), draw(other, 200)];
  console.log(a.join() === b.join(), a.join() === c.join(), new Set(a).size, a.slice(0, 8).join(''), draw(unseeded, 8).join(''));
  console.log(draw(turns, 7).join(''));
}
