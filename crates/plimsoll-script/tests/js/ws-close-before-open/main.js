// A socket that is closed by the function that gets it opens nevertheless, as in k6, and then it is over.
import ws from 'k6/ws';
export default function () {
  const response = ws.connect(`${__ENV.SOCKETS}/ws/echo`, (socket) => {
    socket.on('close', (code) => console.log('close', code));
    socket.on('message', () => console.log('message'));
    socket.send('before open');
    socket.close();
  });
  console.log(response.status);
}
