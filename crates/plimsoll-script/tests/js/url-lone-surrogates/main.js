// Halves of surrogate pairs become U+FFFD.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/\ud800?\udfff#\ud83d\ude00');
  console.log(url.href);
  url.hash = '\ud800x';
  console.log(url.hash);
}
