// A relative URL and its base.
export const options = { iterations: 1 };

export default function () {
  const base = 'https://example.com/a/b/c?q#h';
  for (const input of ['d', './d', '../d', '/d', '//other/d', '?x', '#y', '', 'http:d', 'ftp:d', '../../../../d']) {
    console.log(JSON.stringify(input), new URL(input, base).href);
  }
  console.log(new URL('d', new URL(base)).href);
  console.log(new URL('https://x.y/', undefined).href);
}
