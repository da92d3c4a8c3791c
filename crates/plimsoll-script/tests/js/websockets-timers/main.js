// Timers and connections share one loop.
import { WebSocket } from 'k6/websockets';
import { setTimeout, setInterval, clearInterval } from 'k6/timers';
export default function () {
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
  let answers = 0;
  socket.onopen = () => {
    const beat = setInterval(() => socket.send('beat'), 5);
    setTimeout(() => {
      clearInterval(beat);
      socket.close();
    }, 60);
  };
  socket.onmessage = () => { answers += 1; };
  socket.onclose = () => console.log('closed with', answers > 1 ? 'answers' : 'too few');
}
