// A connection has timers of its own.
import ws from 'k6/ws';
export default function () {
  ws.connect(`${__ENV.SOCKETS}/ws/silent`, (socket) => {
    let ticks = 0;
    socket.setInterval(() => ticks++, 20);
    socket.setTimeout(() => console.log('timeout'), 10);
    socket.setTimeout(() => socket.close(), 75);
    socket.on('close', () => console.log('closed after', ticks >= 2 ? 'some' : 'too few'));
    for (const delay of [0, -1, 'x', undefined]) {
      for (const method of ['setTimeout', 'setInterval']) {
        try { socket[method](() => {}, delay); } catch (error) { console.log(error.toString()); }
      }
    }
    try { socket.setTimeout('no function', 10); } catch (error) { console.log(error.toString()); }
  });
}
