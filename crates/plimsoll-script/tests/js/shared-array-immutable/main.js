import { SharedArray } from 'k6/data';

const data = new SharedArray('rows', () => [{ id: 1, list: [1], inner: { a: 1 } }]);

function attempt(what, change) {
  try { change(); console.log(what, 'went through'); } catch (e) { console.log(what, `${e.name}: ${e.message}`); }
}

export default function () {
  attempt('element', () => { data[0] = 1; });
  attempt('new element', () => { data[1] = 1; });
  attempt('length', () => { data.length = 0; });
  attempt('property', () => { data.extra = 1; });
  attempt('push', () => data.push(1));
  attempt('pop', () => data.pop());
  attempt('sort', () => data.sort());
  attempt('delete', () => { delete data[0]; });
  attempt('define', () => Object.defineProperty(data, 0, { value: 1 }));
  attempt('freeze', () => Object.freeze(data));
  attempt('prototype', () => Object.setPrototypeOf(data, null));
  attempt('field of a row', () => { data[0].id = 2; });
  attempt('list of a row', () => data[0].list.push(2));
  attempt('object of a row', () => { data[0].inner.a = 2; });
  attempt('new field', () => { data[0].more = 2; });
  console.log(Object.isFrozen(data[0]), Object.isFrozen(data[0].list), data[0] === data[0], data[0].id);
  const copy = { ...data[0], id: 5 };
  console.log(copy.id, data[0].id);
}
