// A script that names no buffer gets one all the same.
import ws from 'k6/ws';
export default function () {
  ws.connect(`${__ENV.SOCKETS}/ws/burst`, (socket) => {
    socket.on('message', (message) => console.log(message));
    socket.on('binaryMessage', (message) => {
      console.log(Object.prototype.toString.call(message), message.byteLength);
      socket.close();
    });
  });
}
