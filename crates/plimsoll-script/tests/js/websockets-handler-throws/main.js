// An exception of a handler ends the iteration, and with it the connection.
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
  socket.onopen = () => { throw new Error('from a handler'); };
  socket.onclose = () => console.log('never');
}
