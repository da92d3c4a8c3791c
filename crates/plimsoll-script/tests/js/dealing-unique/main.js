import { unique } from 'plimsoll/data';
import { SharedArray } from 'k6/data';

export const options = { vus: 1, iterations: 4 };

const users = unique('./users.csv');
const again = unique('./users.csv');
const own = unique('./users.csv', { name: 'a deck of its own' });
const lines = unique('./lines.ndjson', { onExhausted: 'wrap' });
const array = unique(new SharedArray('ids', () => [10, 20, 30, 40]));

export default function () {
  const line = lines.next();
  console.log(users.length, JSON.stringify(own.next()), JSON.stringify(line), array.next());
  if (__ITER === 0) {
    const user = users.next();
    user.name = 'changed';
    console.log(user.name, again.next().name);
  }
  users.next();
}
