// A fragment with and without its sign.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/b');
  for (const hash of ['#x', 'y', 'ä"', '', '#']) {
    url.hash = hash;
    console.log(JSON.stringify(hash), url.href, JSON.stringify(url.hash));
  }
}
