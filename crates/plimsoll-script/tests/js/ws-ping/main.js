// Pings of the server are answered by themselves; those of the script get a pong.
import ws from 'k6/ws';
export default function () {
  ws.connect(`${__ENV.SOCKETS}/ws/ping`, (socket) => {
    socket.on('ping', () => console.log('ping'));
    socket.on('pong', () => {
      console.log('pong');
      socket.close();
    });
    socket.on('message', (message) => {
      console.log(message);
      socket.ping();
    });
  });
}
