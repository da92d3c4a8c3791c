import * as http from 'k6/http';

export default function () {
  for (const name of Object.keys(http).sort()) {
    if (typeof http[name] === 'string') console.log(name, http[name]);
  }
}
