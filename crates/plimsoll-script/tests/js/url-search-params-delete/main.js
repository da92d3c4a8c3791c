// delete takes all of a name, or those with a value.
export const options = { iterations: 1 };

export default function () {
  const params = new URLSearchParams('a=1&b=2&a=3&a=1');
  params.delete('a', 1); console.log(params.toString());
  params.delete('a', undefined); console.log(params.toString());
  params.delete('x'); console.log(params.toString());
}
