import { count, increment } from './counter.js';
import * as all from './counter.js';
const later = await import('./counter.js');
export default function () {
  increment();
  console.log(count, all.count, later.count);
  try { all.count = 7; } catch (e) { console.log(e.name); }
}
