// Primitive values are themselves.
export const options = { iterations: 1 };

export default function () {
  for (const value of [undefined, null, true, 0, -0, NaN, Infinity, 'text', '\ud800', 12n]) {
    console.log(Object.is(structuredClone(value), value));
  }
  try { structuredClone(); console.log('no error'); } catch (e) { console.log(e.name); }
}
