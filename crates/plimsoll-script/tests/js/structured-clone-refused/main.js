// What cannot be cloned is a DataCloneError.
export const options = { iterations: 1 };

export default function () {
  for (const value of [() => 1, class {}, Symbol('s'), new WeakMap(), new WeakSet(), Promise.resolve(), (function* () {})(), new Proxy({}, {}), { deep: { f() {} } }, new Map([[1, Symbol()]]), new URL('http://a')]) {
    try { structuredClone(value); console.log('no error'); } catch (e) { console.log(e.name, e instanceof DOMException, e.code); }
  }
}
