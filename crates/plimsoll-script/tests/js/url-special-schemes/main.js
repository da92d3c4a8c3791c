// Default ports go, and backslashes are slashes, in special schemes only.
export const options = { iterations: 1 };

export default function () {
  for (const input of ['http://a:80/', 'https://a:443/', 'ws://a:80/', 'wss://a:443/x', 'ftp://a:21/', 'http:\\\\a\\b', 'foo://a:80/\\b', 'http:///a']) {
    console.log(JSON.stringify(input), new URL(input).href);
  }
}
