// Redirects are followed, with their cookies, up to the option's number; codings that nobody undoes are told.
import { EventSource } from 'plimsoll/sse';
export const options = { maxRedirects: 3 };
export default async function () {
  const show = (path, params) => new Promise((done) => {
    const source = new EventSource(__ENV.SERVER + path, params);
    source.onmessage = (e) => {
      console.log(e.data);
      source.close();
      done();
    };
    source.onerror = (e) => console.log(path, e.error, e.status);
    source.onclose = () => done(console.log('close', source.url));
  });
  await show('/events/moved');
  await show('/events/moved', { method: 'POST', body: 'again' });
  for (const path of ['/redirect/3', '/loop', '/redirect-nowhere', '/events/br']) await show(path);
}
