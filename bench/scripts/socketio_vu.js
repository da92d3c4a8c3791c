// VUS virtual users that each hold one connection of Socket.IO: subscribed, and idle until the run is interrupted.
import { io } from 'plimsoll/socketio';

export const options = {
  scenarios: { idle: { executor: 'constant-vus', vus: Number(__ENV.VUS), duration: '1h', gracefulStop: '0s' } },
};

export default function () {
  const socket = io(`http://${__ENV.SOCKETS}`, { transports: ['websocket'] });
  socket.on('connect', () => socket.emit('subscribe', 'all', (answer) => {
    if (answer !== 'subscribed') throw new Error(`unexpected answer ${answer}`);
  }));
}
