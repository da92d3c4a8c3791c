// get, getAll and has.
export const options = { iterations: 1 };

export default function () {
  const params = new URLSearchParams('a=1&b=2&a=3&e=');
  console.log(params.get('a'), params.get('x'), JSON.stringify(params.get('e')), params.getAll('a').join('|'), params.getAll('x').length);
  console.log(params.has('a'), params.has('x'), params.has('a', '3'), params.has('a', 4), params.has('a', undefined));
  for (const bad of [() => params.get(), () => params.has(), () => params.getAll()]) {
    try { bad(); console.log('no error'); } catch (e) { console.log(e.name); }
  }
}
