import http from 'k6/http';

export default function () {
  const jar = http.cookieJar();
  const show = (url) => console.log(url, JSON.stringify(jar.cookiesForURL(url)));
  jar.set('https://a.shop.test/x/y', 'domain', '1', { domain: 'shop.test' });
  console.log(jar.set('https://a.shop.test/', 'foreign', '1', { domain: 'other.test' }));
  jar.set('https://a.shop.test/', 'secure', '1', { secure: true, http_only: true });
  jar.set('https://a.shop.test/', 'aged', '1', { max_age: 60 });
  jar.set('https://a.shop.test/', 'gone', '1', { max_age: -1 });
  jar.set('https://a.shop.test/', 'past', '1', { expires: 'Mon, 02 Jan 2006 15:04:05 GMT' });
  jar.set('https://a.shop.test/', 'future', '1', { expires: 'Mon, 02 Jan 2096 15:04:05 GMT' });
  jar.set('https://a.shop.test/', 'empty', '', { domain: '', path: '', expires: '', max_age: 0 });
  show('https://a.shop.test/');
  show('http://a.shop.test/');
  show('https://b.shop.test/x/z');
  jar.set('https://twice.test/a', 'same', '1', { path: '/' });
  jar.set('https://twice.test/a', 'same', '2', { path: '/a' });
  show('https://twice.test/a');
  for (const wrong of [
    () => jar.set('https://a.test/', 'a', 'b', { expires: 'tomorrow' }),
    () => jar.set('https://a.test/', 'a'),
    () => jar.set(),
    () => jar.cookiesForURL('::'),
    () => jar.cookiesForURL('/relative'),
    () => jar.cookiesForURL(),
    () => jar.clear(null),
    () => jar.delete('https://a.test/'),
    () => jar.set.call({}, 'https://a.test/', 'a', 'b'),
  ]) {
    try { console.log(wrong()); } catch (e) { console.log(e.name, e.message); }
  }
  console.log(http.get(__ENV.SERVER, { jar: {} }).error);
}
