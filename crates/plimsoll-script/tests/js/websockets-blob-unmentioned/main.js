// Bytes for a script that speaks of none.
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/burst`);
  socket.onmessage = async (e) => {
    if (typeof e.data === 'string') return console.log(e.data);
    console.log(Object.prototype.toString.call(e.data), e.data.size, JSON.stringify(await e.data.text()));
    socket.close();
  };
}
