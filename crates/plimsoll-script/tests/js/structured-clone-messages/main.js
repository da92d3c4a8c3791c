// Messages say what it is and where.
export const options = { iterations: 1 };

export default function () {
  for (const value of [() => 1, { a: { onClick() {} } }, [Symbol('s')], new WeakMap()]) {
    try { structuredClone(value); } catch (e) { console.log(e.message); }
  }
  for (const options of [1, { transfer: 1 }]) {
    try { structuredClone(1, options); } catch (e) { console.log(e.name, e.message); }
  }
}
