// append and its conversions.
export const options = { iterations: 1 };

export default function () {
  const params = new URLSearchParams();
  params.append('a', null); params.append('a', undefined); params.append(1, 2); params.append('o', {});
  console.log(params.toString());
  try { params.append('x'); } catch (e) { console.log(e.name); }
  console.log(params.size);
}
