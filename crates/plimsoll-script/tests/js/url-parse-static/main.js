// URL.parse gives a URL or null.
export const options = { iterations: 1 };

export default function () {
  console.log(URL.parse('/b?c', 'http://a').href, URL.parse('/b') === null, URL.parse('x:y') instanceof URL);
}
