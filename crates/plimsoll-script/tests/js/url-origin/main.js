// The origin of each kind of URL.
export const options = { iterations: 1 };

export default function () {
  for (const input of ['http://u:p@a:8080/x', 'https://a:443', 'wss://a', 'ftp://a', 'file:///x', 'data:x', 'mailto:a@b', 'blob:https://a:1/uuid']) {
    console.log(input, new URL(input).origin);
  }
}
