// A class is made once for each VU.
export const options = { iterations: 1 };

export default function () {
  console.log(URL === URL, new URL('http://a') instanceof URL, new URL('http://a').searchParams instanceof URLSearchParams, URL.prototype.constructor === URL, Blob === globalThis.Blob);
}
