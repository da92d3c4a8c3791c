// Logical assignment, separators, replaceAll, Promise.any, AggregateError.
export const options = { iterations: 1 };

export default async function () {
  let a = null; a ??= 1; let b = 0; b ||= 2; let c = 3; c &&= 4;
  console.log(a, b, c, 1_000_000, 'a.b.c'.replaceAll('.', '-'));
  console.log(await Promise.any([Promise.reject(1), 2]), await Promise.any([Promise.reject(new Error('x'))]).catch((e) => `${e.name} ${e.errors.length} ${e instanceof AggregateError}`));
}
