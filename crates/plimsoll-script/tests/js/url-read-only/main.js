// Parts that cannot be set stay as they are.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/b?c');
  for (const name of ['origin', 'searchParams']) {
    try { url[name] = 'x'; console.log('no error'); } catch (e) { console.log(e.name); }
  }
  console.log(url.href, url.origin);
}
