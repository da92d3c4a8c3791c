// Promise chains of any length.
export const options = { iterations: 1 };

export default async function () {
  let n = 0;
  for (let i = 0; i < 20000; i++) n += await i % 2;
  let p = Promise.resolve(0);
  for (let i = 0; i < 20000; i++) p = p.then((v) => v + 1);
  console.log(n, await p);
}
