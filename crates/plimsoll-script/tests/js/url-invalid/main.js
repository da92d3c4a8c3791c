// What is no URL throws a TypeError.
export const options = { iterations: 1 };

export default function () {
  for (const input of ['', 'a/b', '/a', 'http://', 'http://a b/', 'http://[::1', 'http://a:99999/', 'https://exa%00mple', '//x']) {
    try { console.log('no error', new URL(input).href); } catch (e) { console.log(JSON.stringify(input), e.name, e instanceof TypeError); }
  }
  for (const bad of [() => new URL(), () => new URL('x', 'no base'), () => URL('http://a/'), () => new URL(Symbol('s'))]) {
    try { bad(); console.log('no error'); } catch (e) { console.log(e.name); }
  }
}
