// An exception of a handler ends the connection and the iteration.
import ws from 'k6/ws';
export default function () {
  try {
    ws.connect(`${__ENV.SOCKETS}/ws/echo`, () => { throw new Error('from the function'); });
  } catch (error) {
    console.log(error.message);
  }
  try {
    ws.connect(`${__ENV.SOCKETS}/ws/echo`, (socket) => {
      socket.on('open', () => socket.send('x'));
      socket.on('message', () => { throw new Error('from a handler'); });
      socket.on('close', () => console.log('never'));
    });
  } catch (error) {
    console.log(error.message);
  }
  ws.connect(`${__ENV.SOCKETS}/ws/silent`, (socket) => {
    socket.setTimeout(() => { throw new Error('from a timer'); }, 5);
  });
}
