// Codes and reasons that close() takes.
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
  socket.onopen = () => {
    for (const args of [[1001], [2999], [5000], ['x'], [1000, 'x'.repeat(124)], [1000, 'ä'.repeat(62)]]) {
      try { socket.close(...args); } catch (error) { console.log(error.toString()); }
    }
    socket.close(4321, 'ä'.repeat(61));
    socket.close();
    socket.send('ignored');
    console.log(socket.readyState);
  };
  socket.onclose = (e) => console.log(e.code, e.reason.length, socket.readyState);
  socket.onmessage = () => console.log('never');
}
