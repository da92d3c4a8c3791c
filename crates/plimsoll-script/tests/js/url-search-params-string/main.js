// From a query string.
export const options = { iterations: 1 };

export default function () {
  for (const init of ['a=1&b=2', '?a=1', '??a', 'a', 'a=', '=b', '=', '&&a&&', 'a=b=c', 'a+b=c+d', '%41=%C3%BC', 'a=%', 'a=%FF', '', '\ufeffa=1']) {
    console.log(JSON.stringify(init), JSON.stringify([...new URLSearchParams(init)]));
  }
}
