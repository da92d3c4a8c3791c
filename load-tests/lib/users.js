// load-tests/lib/users.js
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';

const accounts = new SharedArray('users', () => JSON.parse(open('../data/users.json')));

// The account of this VU: no two have the same one as long as there are enough.
export function ownUser() {
  return accounts[(exec.vu.idInTest - 1) % accounts.length];
}
