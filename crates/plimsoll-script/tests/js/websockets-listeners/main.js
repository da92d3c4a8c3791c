// The property comes first, then the listeners in their order; they can be removed, and be called only once.
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/burst`);
  const twice = (e) => console.log('listener', e.type);
  const gone = () => console.log('never');
  socket.addEventListener('open', twice);
  socket.addEventListener('open', twice);
  socket.addEventListener('open', gone);
  socket.removeEventListener('open', gone);
  socket.removeEventListener('open', () => {});
  socket.onopen = function (e) { console.log('property', this === socket, e.type); };
  socket.addEventListener('message', (e) => console.log('once', e.data), { once: true });
  let count = 0;
  socket.addEventListener('message', () => { if (++count === 3) socket.close(); });
  socket.addEventListener('close', () => console.log('closed'));
  for (const args of [['nothing', gone], ['open'], ['open', 'x']]) {
    try { socket.addEventListener(...args); } catch (error) { console.log(error.toString()); }
  }
}
