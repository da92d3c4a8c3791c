// Messages go out and come back; the call returns when the connection has ended.
import ws from 'k6/ws';
import { check } from 'k6';
export default function () {
  const response = ws.connect(`${__ENV.SOCKETS}/ws/echo`, (socket) => {
    socket.on('open', () => {
      console.log('open');
      socket.send('hällo');
    });
    socket.on('message', (message) => {
      console.log('message', message);
      socket.close();
    });
    socket.on('close', (code) => console.log('close', code));
  });
  console.log(response.status, response.url, response.error === '', response.body === '', response.headers['Upgrade']);
  check(response, { 'status is 101': (r) => r && r.status === 101 });
}
