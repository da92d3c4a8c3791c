// Bytes that no server may send end the connection with an error.
import ws from 'k6/ws';
export default function () {
  for (const path of ['masked', 'not-utf8', 'close?1005,', 'close?999,']) {
    ws.connect(`${__ENV.SOCKETS}/ws/${path}`, (socket) => {
      socket.on('error', (e) => console.log(path, e.error()));
      socket.on('close', (code) => console.log(path, code));
    });
  }
}
