// What group() says of arguments that are missing or of another type.
import { group } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  console.log(said(() => group()));
  console.log(said(() => group('a')));
  for (const body of [null, 5, 'text', {}]) console.log(said(() => group('a', body)));
  for (const name of [5, null, undefined, {}]) console.log(said(() => group(name, () => 'called')));
}
