// group() gives what its function gives, and passes exceptions on.
import { group } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  const object = {};
  console.log(group('a', () => object) === object, group('a', () => {}), group('a', () => null));
  console.log(said(() => group('a', () => { throw new TypeError('mine'); })));
  console.log(said(() => group('a', async () => 1)));
  console.log(group('a', function () { return [typeof this, arguments.length]; }));
}
