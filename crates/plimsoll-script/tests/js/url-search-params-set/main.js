// set replaces the first and drops the others.
export const options = { iterations: 1 };

export default function () {
  const params = new URLSearchParams('a=1&b=2&a=3&c=4');
  params.set('a', 'x'); console.log(params.toString());
  params.set('d', 'y'); console.log(params.toString());
}
