// Handlers may wait: for requests, and for other connections.
import ws from 'k6/ws';
import http from 'k6/http';
export default function () {
  ws.connect(`${__ENV.SOCKETS}/ws/echo`, (outer) => {
    outer.on('open', () => {
      console.log('http', http.get(`${__ENV.SERVER}/`).status);
      ws.connect(`${__ENV.SOCKETS}/ws/burst`, (inner) => {
        inner.on('message', (message) => console.log('inner', message));
        inner.on('binaryMessage', () => inner.close());
      });
      outer.send('still here');
    });
    outer.on('message', (message) => {
      console.log('outer', message);
      outer.close();
    });
  });
}
