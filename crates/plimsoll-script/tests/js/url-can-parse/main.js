// URL.canParse and URL.parse answer without throwing.
export const options = { iterations: 1 };

export default function () {
  console.log(URL.canParse('http://a/b'), URL.canParse('/b'), URL.canParse('/b', 'http://a'), URL.canParse('/b', 'x'));
  console.log(URL.canParse('http://a', undefined), URL.canParse(undefined, 'http://a'));
}
