// Many connections of one VU, and the iteration waits for all of them.
import { WebSocket } from 'k6/websockets';
export default async function () {
  const talk = (number) => new Promise((resolve) => {
    const socket = new WebSocket(`${__ENV.SOCKETS}/ws/echo`);
    const seen = [];
    socket.onopen = () => ['a', 'b', 'c'].forEach((text) => socket.send(`${number}${text}`));
    socket.onmessage = (e) => {
      seen.push(e.data);
      if (seen.length === 3) socket.close();
    };
    socket.onclose = () => resolve(seen.join(''));
  });
  const all = await Promise.all(Array.from({ length: 20 }, (_, number) => talk(number)));
  console.log(all.join(' '));
}
