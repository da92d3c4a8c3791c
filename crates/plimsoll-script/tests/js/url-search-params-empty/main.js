// Nothing given.
export const options = { iterations: 1 };

export default function () {
  console.log(new URLSearchParams().size, new URLSearchParams(undefined).size, new URLSearchParams('').toString() === '');
  try { URLSearchParams(); } catch (e) { console.log(e.name); }
}
