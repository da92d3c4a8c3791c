// Fields, private members, static blocks, brand checks.
class Counter {
  #n = 0;
  static made = 0;
  static #secret = 's';
  name = 'counter';
  static { Counter.made = 10; Counter.reveal = () => Counter.#secret; }
  #step() { return ++this.#n; }
  get #twice() { return this.#n * 2; }
  up() { this.#step(); return this.#twice; }
  static has(o) { return #n in o; }
  static async *walk() { yield 1; }
}
export const options = { iterations: 1 };

export default async function () {
  const counter = new Counter();
  console.log(counter.up(), counter.up(), Counter.made, Counter.reveal(), counter.name, Counter.has(counter), Counter.has({}), (await Counter.walk().next()).value);
  try { Counter.prototype.up.call({}); } catch (e) { console.log(e.name); }
}
