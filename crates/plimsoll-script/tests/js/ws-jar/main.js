// A jar of its own in place of the VU's.
import ws from 'k6/ws';
import http from 'k6/http';
import { WebSocket } from 'k6/websockets';
export default function () {
  const jar = new http.CookieJar();
  jar.set(`${__ENV.SERVER}/`, 'mine', '1');
  ws.connect(`${__ENV.SOCKETS}/ws/cookie`, { jar }, (socket) => socket.on('open', () => socket.close()));
  console.log(JSON.stringify(jar.cookiesForURL(`${__ENV.SERVER}/`)));
  console.log(JSON.stringify(http.cookieJar().cookiesForURL(`${__ENV.SERVER}/`)));
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/headers`, null, { jar });
  socket.onmessage = (e) => {
    console.log(e.data);
    socket.close();
  };
  for (const wrong of [7, {}, 'jar']) {
    try { ws.connect(`${__ENV.SOCKETS}/ws/echo`, { jar: wrong }, () => {}); } catch (error) { console.log(error.toString()); }
  }
}
