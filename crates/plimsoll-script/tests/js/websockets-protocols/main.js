// Subprotocols, headers, compression.
import { WebSocket } from 'k6/websockets';
export default async function () {
  const show = (path, protocols, params) => new Promise((resolve) => {
    const socket = new WebSocket(`${__ENV.SOCKETS}/ws/${path}`, protocols, params);
    socket.onopen = () => console.log(JSON.stringify(socket.protocol), JSON.stringify(socket.extensions));
    socket.onmessage = (e) => {
      console.log(e.data);
      socket.close();
    };
    socket.onclose = resolve;
  });
  await show('headers', 'one');
  await show('headers', ['one', 'two'], { headers: { 'X-A': 'b' }, tags: { a: 1 } });
  await show('headers', [], { compression: 'deflate' });
}
