// The message of a URL that cannot be parsed names it.
export const options = { iterations: 1 };

export default function () {
  for (const bad of [() => new URL('/only/a/path'), () => new URL('x', 'y'), () => new URL('http://a:99999/'), () => { new URL('http://a/').href = 'b'; }]) {
    try { bad(); } catch (e) { console.log(e.message); }
  }
}
