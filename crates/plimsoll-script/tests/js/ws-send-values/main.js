// What is no string is sent as its text.
import ws from 'k6/ws';
export default function () {
  const values = [7, true, null, undefined, { a: 1 }, [1, 2], '\ud800'];
  ws.connect(`${__ENV.SOCKETS}/ws/echo`, (socket) => {
    socket.on('open', () => values.forEach((value) => socket.send(value)));
    let count = 0;
    socket.on('message', (message) => {
      console.log(JSON.stringify(message));
      if (++count === values.length) socket.close();
    });
  });
}
