// What is escaped, and how.
export const options = { iterations: 1 };

export default function () {
  console.log(new URLSearchParams([['a b', 'c+d'], ['*-._', '~!\'()'], ['ü', '😀'], ['&=?', '#%/']]).toString());
  console.log(new URLSearchParams([['\ud800', '\udfff']]).toString(), new URLSearchParams({ '\n': '\r\0' }).toString());
}
