// Special schemes stay special, others stay others.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a:443/b');
  url.protocol = 'https'; console.log(url.href, JSON.stringify(url.port));
  url.protocol = 'mailto'; console.log(url.href);
  url.protocol = 'ftp:ignored'; console.log(url.href);
  url.protocol = '5x'; console.log(url.href);
  const other = new URL('app:path'); other.protocol = 'http'; console.log(other.href);
}
