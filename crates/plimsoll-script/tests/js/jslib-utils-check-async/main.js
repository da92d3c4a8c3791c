import { check } from 'https://jslib.k6.io/k6-utils/1.5.0/index.js';

export default async function () {
  const result = check(5, { now: true, soon: Promise.resolve(true), five: async (value) => value === 5 });
  console.log(typeof result.then, await result);
  console.log(await check(5, { never: async () => false }));
}
