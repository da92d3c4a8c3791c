// Credentials are escaped; file URLs have none.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/');
  url.username = 'me@home'; url.password = 'p:w'; console.log(url.href);
  url.username = ''; url.password = ''; console.log(url.href);
  const file = new URL('file:///x'); file.username = 'u'; console.log(file.href);
}
