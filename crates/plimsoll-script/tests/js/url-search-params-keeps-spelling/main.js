// Reading searchParams changes nothing; the first change writes the query anew.
export const options = { iterations: 1 };

export default function () {
  const url = new URL("http://a/?b=%7e&c=x y&d='");
  url.searchParams.get('b');
  console.log(url.search);
  url.searchParams.sort();
  console.log(url.search);
}
