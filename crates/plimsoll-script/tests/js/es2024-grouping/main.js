// groupBy, withResolvers, isWellFormed.
export const options = { iterations: 1 };

export default async function () {
  console.log(JSON.stringify(Object.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even'))), Map.groupBy([1, 2, 3], (n) => n % 2).get(1).join());
  const { promise, resolve } = Promise.withResolvers(); resolve('resolved');
  console.log(await promise, '\ud800'.isWellFormed(), '\ud800'.toWellFormed() === '\ufffd');
}
