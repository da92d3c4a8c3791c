// Paths are resolved and escaped.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/b?c#d');
  for (const path of ['x', '/x/../y', 'ä ö', 'a?b#c', '', '\\z']) {
    url.pathname = path;
    console.log(JSON.stringify(path), url.href);
  }
  const opaque = new URL('data:text'); opaque.pathname = 'x'; console.log(opaque.href);
}
