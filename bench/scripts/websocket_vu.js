// VUS virtual users that each hold one WebSocket: connected, subscribed, and idle until the run is interrupted.
import { WebSocket } from 'k6/websockets';

export const options = {
  scenarios: { idle: { executor: 'constant-vus', vus: Number(__ENV.VUS), duration: '1h', gracefulStop: '0s' } },
};

export default function () {
  const socket = new WebSocket(`ws://${__ENV.SOCKETS}/ws`);
  socket.onopen = () => socket.send('subscribe');
  socket.onmessage = (e) => {
    if (e.data !== 'subscribed') throw new Error(`unexpected message ${e.data}`);
  };
}
