// Without the class in reach the name is there all the same.
import { fail } from 'k6';
export const options = { iterations: 1 };

export default function () {
  try { fail('x'); } catch (e) { console.log(e.name, e.message, e instanceof Error); }
}
