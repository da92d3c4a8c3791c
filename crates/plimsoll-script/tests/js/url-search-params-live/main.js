// A URL and its searchParams follow each other.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/?b=1&c=2');
  const params = url.searchParams;
  params.append('d', '3 4'); console.log(url.search);
  params.delete('b'); console.log(url.href);
  params.set('c', 'ü&='); console.log(url.search);
  params.sort(); url.search = '?z=9'; console.log(params.toString(), params.get('z'));
  params.delete('z'); console.log(url.href, JSON.stringify(url.search));
  url.href = 'http://b/?y=8'; console.log([...params].join());
  console.log(url.searchParams === params);
}
