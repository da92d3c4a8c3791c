// Memory that runs out is an exception (null when not even an error fits in); what was allocated is free again for the next iteration.
export const options = { iterations: 4, vus: 1, vuMemoryLimit: '24MiB' };

const hogs = [
  () => { const all = []; for (;;) all.push(new ArrayBuffer(1 << 20)); },
  () => { const all = []; for (;;) all.push({ a: [] }); },
  () => { let text = 'x'; for (;;) text += text; },
  () => new Array(1e8).fill(0),
];

export default function () {
  const hog = hogs[__ITER];
  try { hog(); } catch (e) { console.log(__ITER, e === null || e instanceof InternalError); }
  console.log(new Array(100).fill(1).length);
  if (__ITER === 3) hog();
}
