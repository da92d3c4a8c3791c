// Messages of all sizes come back whole.
import ws from 'k6/ws';
export default function () {
  const sizes = [0, 1, 125, 126, 65535, 65536, 1000000];
  ws.connect(`${__ENV.SOCKETS}/ws/echo`, (socket) => {
    socket.on('open', () => sizes.forEach((size) => socket.send('x'.repeat(size))));
    const seen = [];
    socket.on('message', (message) => {
      seen.push(message.length);
      if (seen.length === sizes.length) {
        console.log(seen.join());
        socket.close();
      }
    });
  });
}
