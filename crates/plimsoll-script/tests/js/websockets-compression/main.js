// Compressed messages.
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/deflate`, null, { compression: 'deflate' });
  const text = 'xyz '.repeat(5000);
  socket.onopen = () => {
    console.log(socket.extensions);
    socket.send(text);
  };
  socket.onmessage = (e) => {
    console.log(e.data === text);
    socket.close();
  };
}
