// Async generators, for await, Promise.prototype.finally, rest and spread of objects.
async function* numbers() { yield 1; yield Promise.resolve(2); }
export const options = { iterations: 1 };

export default async function () {
  const all = [];
  for await (const n of numbers()) all.push(n);
  for await (const n of [Promise.resolve(3), 4]) all.push(n);
  await Promise.resolve().finally(() => all.push('finally'));
  const { a, ...rest } = { a: 1, b: 2, ...{ c: 3 } };
  console.log(all.join(), a, JSON.stringify(rest));
}
