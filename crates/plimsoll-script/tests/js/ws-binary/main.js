// Bytes go out as they are and come back as an ArrayBuffer.
import ws from 'k6/ws';
export default function () {
  ws.connect(`${__ENV.SOCKETS}/ws/echo`, null, (socket) => {
    socket.on('open', () => {
      socket.sendBinary(new Uint8Array([1, 2, 254]).buffer);
      socket.sendBinary(new Uint8Array([9, 8, 7]).subarray(1, 2));
      socket.sendBinary(new ArrayBuffer(0));
      for (const wrong of ['text', 7, null, undefined]) {
        try { socket.sendBinary(wrong); } catch (error) { console.log(error.toString()); }
      }
    });
    let received = 0;
    socket.on('binaryMessage', (message) => {
      console.log(message instanceof ArrayBuffer, new Uint8Array(message));
      if (++received === 3) socket.close(1000);
    });
    socket.on('message', (message) => console.log('text?', message));
  });
}
