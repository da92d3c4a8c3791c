// Several handlers of one event are called in the order in which they were registered.
import ws from 'k6/ws';
export default function () {
  ws.connect(`${__ENV.SOCKETS}/ws/echo`, (socket) => {
    for (const number of [1, 2, 3]) socket.on('open', () => console.log('open', number));
    socket.on('open', () => socket.send('x'));
    socket.on('message', () => console.log('first'));
    socket.on('message', () => socket.close());
    socket.on('close', () => console.log('bye'));
  });
}
