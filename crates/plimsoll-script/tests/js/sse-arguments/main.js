// Arguments that are missing or wrong.
import { EventSource } from 'plimsoll/sse';
const attempt = (...given) => {
  try { new EventSource(...given); } catch (error) { console.log(error.toString()); }
};
attempt('http://127.0.0.1/');
export default function () {
  attempt();
  attempt('');
  attempt('ws://127.0.0.1/');
  attempt('http://127.0.0.1/', 7);
  attempt('http://127.0.0.1/', { headers: 7 });
  attempt('http://127.0.0.1/', { tags: { a: {} } });
  attempt('http://127.0.0.1/', { body: 7 });
  try { EventSource('http://127.0.0.1/'); } catch (error) { console.log(error.name); }
  console.log(EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED);
}
