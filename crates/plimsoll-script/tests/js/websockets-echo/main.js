// The events of a connection in their order.
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
  console.log(socket.readyState, socket.url, socket.binaryType, socket.protocol === '', socket.extensions === '');
  socket.onopen = () => {
    console.log('open', socket.readyState);
    socket.send('hällo');
    console.log(socket.bufferedAmount);
  };
  socket.onmessage = (e) => {
    console.log(e.type, e.data, e.origin, e.target === socket, typeof e.timestamp);
    socket.close();
    console.log('closing', socket.readyState);
  };
  socket.onerror = (e) => console.log('error', e.error);
  socket.onclose = (e) => console.log('close', e.code, JSON.stringify(e.reason), socket.readyState);
  console.log('returned');
}
