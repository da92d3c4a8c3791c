// A URL object is as good as a string, and so is a form of URLSearchParams.
import http from 'k6/http';
export const options = { iterations: 1 };

export default function () {
  const url = new URL('/echo', __ENV.SERVER);
  url.searchParams.set('q', 'a b');
  console.log(http.get(url).url === url.href, http.request('GET', url).status, http.get(http.url`${url}`).status);
  const sent = http.post(url, new URLSearchParams({ a: '1 2', b: 'ü' }));
  console.log(sent.request.body, sent.request.headers['Content-Type'].join());
  const blob = http.post(url, new Blob(['bytes'], { type: 'text/plain' }));
  console.log(blob.request.body, blob.request.headers['Content-Type'].join());
  const own = http.post(url, new URLSearchParams('x=1'), { headers: { 'Content-Type': 'text/own' } });
  console.log(own.request.body, own.request.headers['Content-Type'].join());
}
