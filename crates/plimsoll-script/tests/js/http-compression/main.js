// The mirror sends back what it got, in the same encoding.
import http from 'k6/http';

const base = __ENV.SERVER;
const text = 'what is said again and again, ä '.repeat(400);

export default function () {
  for (const compression of ['gzip', 'deflate', 'zstd', 'br', 'gzip, br', 'deflate,zstd,gzip,br']) {
    const res = http.post(`${base}/mirror`, text, { compression });
    const sent = parseInt(http.post(`${base}/upload`, text, { compression }).body);
    console.log(res.request.headers['Content-Encoding'], res.body === text, sent < text.length / 10);
  }
  console.log(http.post(`${base}/mirror`, { a: text }, { compression: 'br' }).body.length);
  console.log(http.post(`${base}/echo`, null, { compression: 'gzip' }).body);
  console.log(http.post(`${base}/echo`, 'as it is', { compression: '' }).body);
  const wrong = http.post(`${base}/echo`, text, { compression: 'gzip, lzw' });
  console.log(wrong.status, wrong.error);
  const broken = http.get(`${base}/broken-gzip`);
  console.log(broken.status, broken.error_code, broken.error);
}
