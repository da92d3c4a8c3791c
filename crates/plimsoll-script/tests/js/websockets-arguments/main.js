// Arguments that are missing or wrong.
import { WebSocket } from 'k6/websockets';
const attempt = (...given) => {
  try { new WebSocket(...given); } catch (error) { console.log(error.toString()); }
};
attempt('ws://127.0.0.1:1/');
export default function () {
  attempt();
  attempt('');
  attempt('http://127.0.0.1/');
  attempt('ws://[');
  attempt('ws://127.0.0.1:1/', 7);
  attempt('ws://127.0.0.1:1/', null, 'params');
  attempt('ws://127.0.0.1:1/', null, { unknown: 1 });
  attempt('ws://127.0.0.1:1/', null, { compression: 'gzip' });
  try { WebSocket('ws://127.0.0.1:1/'); } catch (error) { console.log(error.name); }
}
