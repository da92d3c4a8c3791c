// A jar of its own in place of the VU's.
import { EventSource } from 'plimsoll/sse';
import http from 'k6/http';
export default async function () {
  const jar = new http.CookieJar();
  jar.set(`${__ENV.SERVER}/`, 'mine', '1');
  await new Promise((done) => {
    const source = new EventSource(`${__ENV.SERVER}/events/moved`, { jar });
    source.onmessage = (e) => {
      console.log(e.data);
      source.close();
      done();
    };
  });
  console.log(JSON.stringify(jar.cookiesForURL(`${__ENV.SERVER}/`)));
  console.log(JSON.stringify(http.cookieJar().cookiesForURL(`${__ENV.SERVER}/`)));
  for (const wrong of [7, {}, 'jar']) {
    try { new EventSource(`${__ENV.SERVER}/events`, { jar: wrong }); } catch (error) { console.log(error.toString()); }
  }
}
