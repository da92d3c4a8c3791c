// What goes out: headers, subprotocols, cookies.
import ws from 'k6/ws';
import http from 'k6/http';
const show = (url, params) => ws.connect(url, params, (socket) => {
  socket.on('message', (message) => {
    console.log(message);
    socket.close();
  });
});
export default function () {
  show(`${__ENV.SOCKETS}/ws/headers?a=b c`, {});
  http.get(`${__ENV.SERVER}/cookie`);
  const response = show(`${__ENV.SOCKETS}/ws/headers`, {
    headers: { 'x-one': 1, Cookie: 'own=1', 'Sec-WebSocket-Protocol': 'a, b' }, compression: '',
  });
  console.log(response.headers['Sec-Websocket-Protocol']);
  ws.connect(`${__ENV.SOCKETS}/ws/cookie`, (socket) => socket.on('open', () => socket.close()));
  show(`${__ENV.SOCKETS.replace('//', '//user:secret@')}/ws/headers`, null);
}
