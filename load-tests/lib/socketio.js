// load-tests/lib/socketio.js
import ws from 'k6/ws';

// Connects to a Socket.IO server (Engine.IO 4) by WebSocket, with nothing but k6/ws. `run(socket)` gets a socket with
// `on(event, listener)`, `onText(event, listener)`, `emit(event, value, acknowledged)`, `after(ms, work)` and `close()`; the
// events `connect`, `connect_error` and `disconnect` are the socket's own. `onText` hands the packet over as it came: where
// thousands of sockets hear the same, parsing it for each takes longer than all the rest. Returns what ws.connect returns,
// when the connection has ended.
export function connect(baseUrl, auth, run) {
  return ws.connect(`${baseUrl}/socket.io/?EIO=4&transport=websocket`, {}, (connection) => {
    const listeners = {};
    const readers = {};
    const acknowledgements = [];
    const hear = (event, value) => listeners[event] && listeners[event](value);

    connection.on('message', (packet) => {
      if (packet[0] === '0') {
        connection.send(`40${JSON.stringify(auth)}`);
      } else if (packet[0] === '2') {
        connection.send('3');
      } else if (packet.startsWith('40')) {
        hear('connect');
      } else if (packet.startsWith('44')) {
        hear('connect_error', JSON.parse(packet.slice(2)));
      } else if (packet.startsWith('42')) {
        const start = packet.indexOf('["') + 2;
        const event = packet.slice(start, packet.indexOf('"', start));
        if (readers[event]) {
          readers[event](packet);
        }
        if (listeners[event]) {
          hear(event, JSON.parse(packet.slice(start - 2))[1]);
        }
      } else if (packet.startsWith('43')) {
        const [answer] = JSON.parse(packet.slice(packet.indexOf('[')));
        acknowledgements[parseInt(packet.slice(2), 10)](answer);
      }
    });
    connection.on('close', () => hear('disconnect'));
    connection.on('error', (error) => hear('connect_error', { message: error.error() }));

    run({
      on: (event, listener) => {
        listeners[event] = listener;
      },
      onText: (event, listener) => {
        readers[event] = listener;
      },
      emit: (event, value, acknowledged) => {
        const number = acknowledged ? acknowledgements.push(acknowledged) - 1 : '';
        connection.send(`42${number}${JSON.stringify([event, value])}`);
      },
      after: (ms, work) => connection.setTimeout(work, ms),
      close: () => connection.close(),
    });
  });
}
