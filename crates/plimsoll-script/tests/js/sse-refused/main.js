// What is no stream of events.
import { EventSource } from 'plimsoll/sse';
export default async function () {
  for (const url of [`${__ENV.SERVER}/json`, `${__ENV.SERVER}/status/404`, `${__ENV.SERVER}/close`, 'http://127.0.0.1:1/']) {
    await new Promise((done) => {
      const source = new EventSource(url);
      source.onopen = () => console.log('never');
      source.onerror = (e) => console.log(e.error, e.status);
      source.onclose = () => done(console.log('close', source.readyState));
    });
  }
}
