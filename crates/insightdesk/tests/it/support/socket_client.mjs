// Drives the official client of Socket.IO: commands come in as lines of JSON, what happens goes out as such.
//
// node socket_client.mjs FOLDER_OF_NODE_MODULES URL OPTIONS
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [modules, url, options] = process.argv.slice(2);
const { io } = createRequire(`${modules}/`)('socket.io-client');
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const socket = io(url, { reconnectionDelay: 100, reconnectionDelayMax: 300, ...JSON.parse(options) });
socket.on('connect', () => say({ event: 'connect', transport: socket.io.engine.transport.name }));
socket.on('connect_error', (error) => say({ event: 'connect_error', message: error.message }));
socket.on('disconnect', (reason) => say({ event: 'disconnect', reason }));
socket.onAny((event, data) => say({ event, data }));

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { emit, data, acknowledge } = JSON.parse(line);
  if (acknowledge) {
    socket.timeout(10_000).emit(emit, data, (error, answer) => say({ event: 'ack', error: error?.message, answer }));
  } else {
    socket.emit(emit, data);
  }
});
lines.on('close', () => process.exit(0));
