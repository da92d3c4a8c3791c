// Globals that are made when they are first read can be replaced, as polyfills do.
const before = typeof URL;
globalThis.URL = class { get href() { return 'mine'; } };
export const options = { iterations: 1 };

export default function () {
  console.log(before, new URL('x').href, new URLSearchParams('a=1').get('a'), Object.keys(globalThis).includes('URL'));
  delete globalThis.structuredClone;
  console.log(typeof structuredClone, 'Blob' in globalThis, typeof Blob);
}
