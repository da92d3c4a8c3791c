// global and globalThis are one object; what browsers and Node.js add besides is not there.
export const options = { iterations: 1 };

export default function () {
  console.log(global === globalThis, typeof window, typeof self, typeof process, typeof Buffer, typeof fetch, typeof navigator);
  globalThis.mine = 1;
  console.log(mine, global.mine, typeof escape, unescape(escape('ü')));
}
