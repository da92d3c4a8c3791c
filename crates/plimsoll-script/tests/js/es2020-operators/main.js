// Optional chaining, ??, BigInt, matchAll, allSettled, globalThis.
export const options = { iterations: 1 };

export default async function () {
  const o = { a: { b: () => 'c' } };
  console.log(o?.a?.b?.(), o.x?.y.z, o.x?.[0], null ?? 'd', 0 ?? 'e');
  console.log(2n ** 64n, BigInt('0xff') + 1n, typeof 1n, BigInt.asUintN(8, 257n), 7n / 2n, 10n > 9);
  console.log([...'a1b2'.matchAll(/[a-z](\d)/g)].map((m) => m[1]).join(), (await Promise.allSettled([1, Promise.reject(2)])).map((r) => r.status).join());
  console.log(globalThis === global, typeof globalThis.Map);
}
