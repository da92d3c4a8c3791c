// What a Socket.IO client does, told line by line. Runs in plimsoll and, with the official client, in Node.js.
const bytes = (data) => Array.from(new Uint8Array(data)).join();
const event = (socket, name) => new Promise((resolve) => socket.once(name, (...values) => resolve(values)));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function talk(io, url, say, transports) {
  const socket = io(`${url}/?q=query`, { transports, auth: { me: 'ü' }, extraHeaders: { 'X-Own': 'yes' } });
  say('new', socket.connected, socket.disconnected, socket.active, typeof socket.id);
  socket.emit('echo', 'buffered');
  socket.onAny((name) => say('any', name));
  const first = event(socket, 'echo');
  await event(socket, 'connect');
  say('connect', socket.connected, typeof socket.id);
  say('event', JSON.stringify(await first));
  socket.offAny();
  socket.emit('echo', 1, 'two', { three: [3, null] }, (...answer) => say('ack', JSON.stringify(answer)));
  say('promise', JSON.stringify(await socket.emitWithAck('echo', { a: 'ä' })));
  say('timed', JSON.stringify(await socket.timeout(2000).emitWithAck('echo', 'x')));
  await socket.timeout(30).emitWithAck('silent').catch((error) => say('rejected', error.message));
  await new Promise((resolve) => socket.timeout(30).emit('silent', (error) => resolve(say('late', error.message))));
  socket.timeout(2000).emit('echo', 'fine', (error, answer) => say('in time', error, answer));
  socket.emit('bytes', new Uint8Array([1, 2, 3]));
  const [back] = await event(socket, 'bytes');
  say('bytes', back.isBuffer, bytes(back.back));
  const answer = await socket.emitWithAck('echo', [new Uint8Array([7, 8]).buffer, { deep: new Uint8Array([9]) }]);
  say('bytes', bytes(answer[0]), bytes(answer[1].deep));
  const large = 'x'.repeat(300000);
  say('large', (await socket.emitWithAck('echo', large)) === large);
  socket.on('question', (question, reply) => reply('because', question));
  socket.emit('ask', 'why');
  say('answered', JSON.stringify(await event(socket, 'answered')));
  await pause(1200);
  say('after some heartbeats', socket.connected);
  for (const name of ['connect', 'disconnect', 'connect_error', 'newListener']) {
    try { socket.emit(name); } catch (error) { say(error.message); }
  }
  const end = event(socket, 'disconnect');
  socket.disconnect();
  say('disconnect', (await end)[0], socket.connected, typeof socket.id, socket.active);
  socket.disconnect();
}

async function listeners(io, url, say) {
  const socket = io(url, { transports: ['websocket'] });
  const gone = () => say('never');
  socket.on('echo', gone).off('echo', gone);
  socket.on('echo', (value) => say('on', value));
  socket.once('echo', (value) => say('once', value));
  socket.emit('echo', 1).emit('echo', 2);
  await socket.emitWithAck('echo', 'round');
  socket.off('echo');
  socket.emit('echo', 3);
  await socket.emitWithAck('echo', 'round');
  const pending = socket.timeout(5000).emitWithAck('silent').catch((error) => say('pending', error.message));
  socket.emit('silent', () => say('never'));
  socket.close();
  await pending;
}

async function namespaces(io, url, say) {
  for (const [namespace, auth] of [['admin', { token: 'wrong' }], ['admin', undefined], ['nope', {}]]) {
    const socket = io(`${url}/${namespace}`, { transports: ['websocket'], auth });
    const [error] = await event(socket, 'connect_error');
    say(namespace, error instanceof Error, error.message, JSON.stringify(error.data), socket.connected, socket.active);
    socket.disconnect();
  }
  const socket = io(`${url}/admin`, { transports: ['websocket'], auth: (send) => send({ token: 'right' }) });
  await event(socket, 'connect');
  say('admin', await socket.emitWithAck('echo', 'inside'));
  socket.disconnect();
}

async function ends(io, url, say) {
  for (const [name, ...values] of [['kick', false], ['kick', true], ['drop'], ['mute']]) {
    const socket = io(url, { transports: ['websocket'], reconnection: false });
    await event(socket, 'connect');
    const end = event(socket, 'disconnect');
    socket.emit(name, ...values);
    say(name, ...values, (await end)[0], socket.connected);
  }
  for (const transport of ['websocket', 'polling']) {
    const socket = io('http://127.0.0.1:1', { transports: [transport], reconnection: false });
    const [error] = await event(socket, 'connect_error');
    say('nobody', error.message, socket.connected);
  }
}

async function reconnects(io, url, say) {
  const socket = io(url, { transports: ['websocket'], reconnection: true, reconnectionDelay: 10 });
  await event(socket, 'connect');
  const id = socket.id;
  socket.emit('drop');
  const [reason] = await event(socket, 'disconnect');
  say(reason, socket.connected, socket.active);
  socket.emit('echo', 'kept');
  await event(socket, 'connect');
  say('again', socket.connected, socket.id !== id, JSON.stringify(await event(socket, 'echo')));
  socket.disconnect();
  socket.connect();
  await event(socket, 'connect');
  say('by hand', socket.connected);
  socket.disconnect();
}

export async function behave(io, url, say) {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    say('-', transports.join());
    await talk(io, url, say, transports);
  }
  for (const part of [listeners, namespaces, ends, reconnects]) {
    say('-', part.name);
    await part(io, url, say);
  }
}
