// JSON files are modules with a default export, with and without the attribute.
import users from './users.json';
import again from './users.json' with { type: 'json' };
import * as all from './users.json';
import { default as named } from './users.json';

export default function () {
  console.log(users.length, users[1].name, users === again, users === named, Object.keys(all));
  console.log(Object.keys(users[0]), Object.getPrototypeOf(users[0]) === Object.prototype);
  users.push('own');
  console.log(again.length);
}
