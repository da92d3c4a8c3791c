// Pings in both directions.
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/ping`);
  socket.onping = (e) => console.log(e.type);
  socket.onmessage = (e) => {
    console.log(e.data);
    socket.ping();
  };
  socket.onpong = (e) => {
    console.log(e.type);
    socket.close();
  };
}
