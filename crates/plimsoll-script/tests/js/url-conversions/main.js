// Arguments are converted to strings.
export const options = { iterations: 1 };

export default function () {
  console.log(new URL({ toString: () => 'http://a/b' }).href);
  console.log(new URL(1, 'http://a').href, new URL(null, 'http://a').href, new URL(undefined, 'http://a').href);
  try { new URL({ toString() { throw new RangeError('mine'); } }); } catch (e) { console.log(e.name, e.message); }
}
