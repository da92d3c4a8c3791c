// Servers that nobody here wrote: `ws` and `socket.io`, on one port. Prints the port, then what happens.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PACKAGES}/index.js`);
const { WebSocketServer } = require('ws');
const { Server } = require('socket.io');

const say = (...words) => console.log(words.join(' '));
const http = createServer((request, response) => {
  if (request.url !== '/events') return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': hello\n\nid: 1\ndata: first\n\n');
  setTimeout(() => response.write('event: tick\nid: 2\ndata: {"n":\ndata: 2}\n\n'), 50);
  setTimeout(() => response.end('data: last\n\n'), 100);
});

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
  handleProtocols: (protocols) => (protocols.has('chat') ? 'chat' : false),
});
http.on('upgrade', (request, socket, head) => {
  if (!request.url.startsWith('/echo')) return;
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
    client.on('close', (code, reason) => say('ws closed', code, reason));
    client.on('error', (error) => say('ws error', error.message));
    if (request.url === '/echo?hello') client.send('hello');
  });
});

const io = new Server(http, { pingInterval: 300, pingTimeout: 200 });
const greet = (socket) => {
  say('io connected', socket.nsp.name, socket.conn.transport.name, JSON.stringify(socket.handshake.auth),
    socket.handshake.query.q ?? '-', socket.handshake.headers['x-own'] ?? '-');
  socket.conn.on('upgrade', () => say('io upgraded'));
  socket.on('disconnect', (reason) => say('io disconnected', reason));
  socket.on('echo', (...values) => {
    const answer = values.pop();
    if (typeof answer === 'function') answer(...values);
    else socket.emit('echo', ...values, answer);
  });
  socket.on('silent', () => {});
  socket.on('ask', (question) => socket.emit('question', question, (...answers) => socket.emit('answered', ...answers)));
  socket.on('bytes', (data) => socket.emit('bytes', { back: data, isBuffer: Buffer.isBuffer(data) }));
  socket.on('kick', (hard) => socket.disconnect(hard));
  socket.on('drop', () => socket.conn.close());
  socket.on('mute', () => { socket.conn.sendPacket = socket.conn.resetPingTimeout = () => {}; });
};
io.on('connection', greet);
io.of('/admin').use((socket, next) => {
  if (socket.handshake.auth.token === 'right') return next();
  const error = new Error('not authorized');
  error.data = { token: socket.handshake.auth.token ?? null };
  next(error);
}).on('connection', greet);

http.listen(0, '127.0.0.1', () => say('listening', http.address().port));
