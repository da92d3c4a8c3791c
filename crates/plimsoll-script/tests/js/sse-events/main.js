// Events of a stream: names, several lines, ids; then the end.
import { EventSource } from 'plimsoll/sse';
export default function () {
  const source = new EventSource(`${__ENV.SERVER}/events`);
  console.log(source.readyState, source.url, JSON.stringify(source.lastEventId));
  source.onopen = (e) => console.log(e.type, e.status, source.readyState);
  source.onmessage = (e) => console.log(e.type, JSON.stringify(e.data), e.lastEventId, e.target === source);
  source.addEventListener('tick', (e) => console.log(e.type, JSON.stringify(e.data), e.lastEventId));
  source.addEventListener('tick', () => console.log('once'), { once: true });
  source.onerror = (e) => console.log('error', e.error);
  source.onclose = () => console.log('close', source.readyState, source.lastEventId);
}
