// permessage-deflate, and servers that answer the offer in another way.
import ws from 'k6/ws';
export default function () {
  const text = 'abc '.repeat(10000);
  const response = ws.connect(`${__ENV.SOCKETS}/ws/deflate`, { compression: 'deflate' }, (socket) => {
    socket.on('open', () => socket.send(text));
    socket.on('message', (message) => {
      console.log(message.length, message === text);
      socket.close();
    });
  });
  console.log(response.headers['Sec-Websocket-Extensions']);
  for (const [path, compression] of [['deflate', ''], ['deflate-with-context', 'deflate']]) {
    console.log(ws.connect(`${__ENV.SOCKETS}/ws/${path}`, { compression }, () => {}).error);
  }
  ws.connect(`${__ENV.SOCKETS}/ws/echo`, { compression: 'deflate' }, (socket) => {
    socket.on('open', () => socket.send('plain'));
    socket.on('message', (message) => {
      console.log(message);
      socket.close();
    });
  });
}
