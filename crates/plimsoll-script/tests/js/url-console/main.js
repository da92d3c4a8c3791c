// How URLs look in the log.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/b?c=1&d=2');
  console.log(url, url.searchParams);
  console.log({ url, list: [url.searchParams] });
}
