// Servers that nobody here wrote: `ws` and `socket.io`, on one port. Prints the port, then what happens.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createGzip } from 'node:zlib';

const require = createRequire(`${process.env.PACKAGES}/index.js`);
const { WebSocketServer } = require('ws');
const { Server } = require('socket.io');

const say = (...words) => console.log(words.join(' '));
const begin = (response, headers) => response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
// Streams of events.
const streams = {
  '/events/from': (request, response) => begin(response).end(`data: ${request.socket.remoteAddress}\n\n`),
  '/events/moved': (request, response) =>
    response.writeHead(307, { location: '/answers', 'set-cookie': 'moved=yes; Path=/' }).end(),
  '/events/gzip': (request, response) => {
    begin(response, { 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(response);
    const say = (text) => gzip.write(text, () => gzip.flush());
    say('data: first\n\n');
    setTimeout(() => say(`data: ${'second '.repeat(1000)}\n\n`), 50);
    setTimeout(() => gzip.end('data: last\n\n'), 100);
  },
  '/answers': (request, response) => {
    let asked = '';
    request.setEncoding('utf8').on('data', (text) => { asked += text; }).on('end', () => {
      begin(response);
      response.write(`data: ${request.method} ${asked} ${request.headers.cookie ?? ''}\n\n`);
      response.write('event: done\ndata:\n\n');
    });
  },
};
const http = createServer((request, response) => {
  const stream = streams[request.url];
  if (stream) return void stream(request, response);
  if (request.url !== '/events') return void response.writeHead(404).end();
  begin(response);
  response.write(': hello\n\nid: 1\ndata: first\n\n');
  setTimeout(() => response.write('event: tick\nid: 2\ndata: {"n":\ndata: 2}\n\n'), 50);
  setTimeout(() => response.end('data: last\n\n'), 100);
});

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
  handleProtocols: (protocols) => [...protocols].find((protocol) => protocol.startsWith('chat')) ?? false,
});
http.on('upgrade', (request, socket, head) => {
  if (request.url.startsWith('/socket.io')) return;
  sockets.handleUpgrade(request, socket, head, (client) => {
    if (request.url.startsWith('/rooms')) {
      client.on('message', (data) => client.send(JSON.stringify({ heard: JSON.parse(data).say })));
    } else {
      client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
    }
    client.on('close', (code, reason) => say('ws closed', code, reason));
    client.on('error', (error) => say('ws error', error.message));
    if (request.url === '/echo?hello') client.send('hello');
    if (request.url === '/from') client.send(request.socket.remoteAddress);
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
  socket.on('later', (answer) => setTimeout(answer, 200));
  socket.on('ask', (question) => socket.emit('question', question, (...answers) => socket.emit('answered', ...answers)));
  socket.on('bytes', (data) => socket.emit('bytes', { back: data, isBuffer: Buffer.isBuffer(data) }));
  socket.on('from', (answer) => answer(socket.conn.remoteAddress));
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
io.of('/agents').use((socket, next) => {
  next(socket.handshake.auth.token === 'secret' ? undefined : new Error('not authorized'));
}).on('connection', (socket) => {
  socket.on('ticket:open', (ticket, answer) => {
    answer({ id: 17, ...ticket });
    socket.emit('ticket:changed', { id: 17 });
  });
  socket.on('ticket:close', (id, answer) => answer(id === 17 ? 'ok' : 'unknown'));
});

http.listen(0, '127.0.0.1', () => say('listening', http.address().port));
