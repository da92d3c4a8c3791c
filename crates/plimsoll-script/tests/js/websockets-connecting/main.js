// What does not work before the connection is open, and closing it then.
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
  for (const method of ['send', 'ping']) {
    try { socket[method]('early'); } catch (error) { console.log(method, error.toString()); }
  }
  socket.close();
  console.log(socket.readyState);
  socket.onopen = () => console.log('never');
  socket.onerror = (e) => console.log(e.error);
  socket.onclose = () => console.log('closed', socket.readyState);
}
