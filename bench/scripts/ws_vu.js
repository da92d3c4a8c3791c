// The same with the API that waits.
import ws from 'k6/ws';

export const options = {
  scenarios: { idle: { executor: 'constant-vus', vus: Number(__ENV.VUS), duration: '1h', gracefulStop: '0s' } },
};

export default function () {
  ws.connect(`ws://${__ENV.SOCKETS}/ws`, (socket) => {
    socket.on('open', () => socket.send('subscribe'));
    socket.on('message', (message) => {
      if (message !== 'subscribed') throw new Error(`unexpected message ${message}`);
    });
  });
}
