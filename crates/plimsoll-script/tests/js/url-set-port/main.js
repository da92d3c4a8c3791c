// Ports are numbers up to 65535; the scheme's own is not shown.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/');
  for (const port of ['8080', '80', '65536', '12x', 'x12', 90, '', '443']) {
    url.port = port;
    console.log(JSON.stringify(port), url.href, JSON.stringify(url.port));
  }
}
