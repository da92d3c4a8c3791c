// White space around is dropped, tabs and line breaks everywhere.
export const options = { iterations: 1 };

export default function () {
  console.log(new URL('  http://a/b \n').href, new URL('ht\ttp://a\n/b\r').href, new URL('http://a/b c').href);
}
