// forEach gives value, name and the list itself.
export const options = { iterations: 1 };

export default function () {
  const params = new URLSearchParams('a=1&b=2');
  params.forEach(function (value, name, list) { console.log(value, name, list === params, this.mark); }, { mark: 'm' });
  try { params.forEach(); } catch (e) { console.log(e.name); }
  try { params.forEach(() => { throw new RangeError('mine'); }); } catch (e) { console.log(e.message); }
}
