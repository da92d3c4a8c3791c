// Setting href replaces everything, or throws and changes nothing.
export const options = { iterations: 1 };

export default function () {
  const url = new URL('http://a/b?c=1#d');
  const params = url.searchParams;
  url.href = 'https://e:1/f?g=2';
  console.log(url.href, params.get('g'), params === url.searchParams);
  try { url.href = 'nonsense'; } catch (e) { console.log(e.name); }
  console.log(url.href);
}
