// Setting search is seen by searchParams.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/b?c=1#d');
  const params = url.searchParams;
  for (const search of ['?x=1&x=2', 'y=ü', '', '?', '#z']) {
    url.search = search;
    console.log(JSON.stringify(search), url.href, JSON.stringify(url.search), params.size, params.toString());
  }
}
