import { SharedArray } from 'k6/data';
import { Trend } from 'k6/metrics';

const users = new SharedArray('users', () => JSON.parse(open('users.json')));

function read() {
  return open('users.json');
}

export default function () {
  const slow = new Trend('slow');
  slow.add(users.length);
  const again = open('users.json');
  const rows = new SharedArray('rows', () => [again]);
  return rows;
}

export function handleSummary() {
  return { 'a.txt': open('users.json') };
}

export { read as default_ };
