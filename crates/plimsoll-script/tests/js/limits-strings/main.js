// Strings, arrays and buffers of absurd lengths are refused, not attempted.
export const options = { iterations: 1, vuMemoryLimit: '64MiB' };

const absurd = {
  repeat: () => 'x'.repeat(2 ** 30),
  padEnd: () => 'x'.padEnd(2 ** 31),
  join: () => new Array(1e9).join('xx'),
  from: () => Array.from({ length: 1e10 }),
  buffer: () => new ArrayBuffer(2 ** 40),
  view: () => new Uint8Array(2 ** 33),
  within: () => 'x'.repeat(2 ** 29),
  stringify: () => JSON.stringify('\u0001'.repeat(2 ** 25)),
};

export default function () {
  for (const [what, attempt] of Object.entries(absurd)) {
    try { attempt(); console.log(what, 'no error'); } catch (e) { console.log(what, e.name, e.message); }
  }
}
