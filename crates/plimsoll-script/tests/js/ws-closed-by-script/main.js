// close() fires its event at once, and only once; nothing can be sent afterwards.
import ws from 'k6/ws';
export default function () {
  ws.connect(`${__ENV.SOCKETS}/ws/echo`, (socket) => {
    socket.on('close', (code) => console.log('close', code));
    socket.on('open', () => {
      for (const wrong of [999, 5000, 'x', 1.5]) {
        try { socket.close(wrong); } catch (error) { console.log(error.toString()); }
      }
      socket.close(4000);
      socket.close();
      for (const method of ['send', 'ping']) {
        try { socket[method]('late'); } catch (error) { console.log(method, error.toString()); }
      }
      console.log('after');
    });
  });
  ws.connect(`${__ENV.SOCKETS}/ws/deaf`, (socket) => {
    socket.on('open', () => socket.close());
    socket.on('close', (code) => console.log('close', code));
  });
  console.log('end');
}
