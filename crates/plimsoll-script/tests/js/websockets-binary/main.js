// Everything that can be sent, and both ways to get bytes.
import { WebSocket, Blob } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
  let received = 0;
  socket.onopen = () => {
    socket.send(new Uint8Array([1, 2, 3]));
    socket.send(new Uint8Array([1, 2, 3]).buffer);
    socket.send(new DataView(new ArrayBuffer(8), 2, 3));
    socket.send(new Blob(['blob', new Uint8Array([33])]));
  };
  socket.addEventListener('message', async (e) => {
    received += 1;
    if (received === 3) socket.binaryType = 'arraybuffer';
    const blob = e.data instanceof Blob;
    console.log(socket.binaryType, blob, blob ? await e.data.bytes() : new Uint8Array(e.data));
    if (received === 4) socket.close();
  });
  try { socket.binaryType = 'buffer'; } catch (error) { console.log(error.toString()); }
}
