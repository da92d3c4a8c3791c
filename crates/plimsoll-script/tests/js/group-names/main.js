// Names may be any text but for the separator.
import { group } from 'k6';

function said(call) { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } }

export default function () {
  for (const name of ['', 'ä ✓ 日本', 'a:b', 'x'.repeat(100000)]) console.log(said(() => group(name, () => 'called')));
  console.log(said(() => group('a::b', () => 'called')));
}
