// The parts of a URL, as the URL Standard names them.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('https://user:p%40ss@Example.COM:8443/a/./b/../c%20d?x=1&y=2#frag');
  for (const part of ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port',
    'pathname', 'search', 'hash']) {
    console.log(part, url[part]);
  }
  console.log(String(url) === url.href, url.toJSON() === url.href, JSON.stringify({ url }));
}
