// What is sent, and closing a stream while it comes.
import { EventSource } from 'plimsoll/sse';
import http from 'k6/http';
export default async function () {
  http.get(`${__ENV.SERVER}/cookie`);
  const show = (params) => new Promise((done) => {
    const source = new EventSource(`${__ENV.SERVER}/events/echo`, params);
    source.onmessage = (e) => {
      console.log(e.data);
      source.close();
      done();
    };
    source.onclose = () => console.log('never');
  });
  await show();
  await show({ method: 'POST', body: '{"ask":1}', headers: { 'Content-Type': 'application/json' }, lastEventId: '7' });
}
