// for await reads, and cancels when it is left.
import { ReadableStream } from 'k6/experimental/streams';
const numbers = () => { let n = 0; return new ReadableStream({ pull(c) { c.enqueue(n++); if (n === 5) c.close(); }, cancel(r) { console.log('cancelled', r); } }); };
export const options = { iterations: 1 };

export default async function () {
  const all = [];
  for await (const n of numbers()) all.push(n);
  console.log(all.join());
  const left = numbers();
  for await (const n of left) if (n === 2) break;
  console.log(left.locked);
  const kept = numbers();
  for await (const n of kept.values({ preventCancel: true })) if (n === 1) break;
  console.log((await kept.getReader().read()).value);
  const broken = new ReadableStream({ start(c) { c.error(new Error('broken')); } });
  try { for await (const n of broken) console.log(n); } catch (e) { console.log(e.message, broken.locked); }
}
