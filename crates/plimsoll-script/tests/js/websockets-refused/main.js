// A connection that is refused: error, then close.
import { WebSocket } from 'k6/websockets';
export default async function () {
  for (const url of [`${__ENV.SOCKETS}/ws/refuse`, 'ws://127.0.0.1:1/']) {
    await new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.onerror = (e) => console.log(e.type, e.error, socket.readyState);
      socket.onclose = (e) => resolve(console.log(e.type, e.code, socket.readyState));
    });
  }
}
