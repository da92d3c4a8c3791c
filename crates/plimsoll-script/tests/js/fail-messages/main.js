// fail() throws with its message.
import { fail } from 'k6';

export default function () {
  for (const message of [undefined, '', 'mine', 'ä ✓', 5, null, { a: 1 }, new Error('inner')]) {
    try { fail(message); } catch (error) { console.log(error instanceof Error, String(error.message)); }
  }
  try { fail(); } catch (error) { console.log(error instanceof Error, String(error.message)); }
}
