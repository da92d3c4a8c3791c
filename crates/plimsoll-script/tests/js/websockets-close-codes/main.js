// What the server says at the end.
import { WebSocket } from 'k6/websockets';
export default async function () {
  for (const end of ['close?1000,', 'close?1001,bye', 'close?1011,broken', 'close?4001,', 'close', 'end', 'masked']) {
    await new Promise((resolve) => {
      const socket = new WebSocket(`${__ENV.SOCKETS}/ws/${end}`);
      socket.onerror = (e) => console.log(end, 'error', e.error);
      socket.onclose = (e) => resolve(console.log(end, e.code, JSON.stringify(e.reason)));
    });
  }
}
