// Wrapped primitives.
export const options = { iterations: 1 };

export default function () {
  for (const value of [Object(1), Object('t'), Object(false), Object(5n)]) {
    const copy = structuredClone(value);
    console.log(typeof copy, typeof copy.valueOf(), String(copy), copy !== value);
  }
  try { structuredClone(Object(Symbol('s'))); } catch (e) { console.log(e.name); }
}
