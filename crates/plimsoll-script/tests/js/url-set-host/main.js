// host takes a port with it, hostname does not.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a:1/b');
  url.host = 'c:2'; console.log(url.href);
  url.host = 'd'; console.log(url.href);
  url.hostname = 'e:3'; console.log(url.href);
  url.hostname = 'f'; console.log(url.href);
  url.hostname = ''; console.log(url.href);
  url.hostname = 'ü.de'; console.log(url.href);
  const opaque = new URL('mailto:a@b'); opaque.host = 'x'; console.log(opaque.href);
}
