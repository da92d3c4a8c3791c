// The states have names, on the class and on its objects.
import * as websockets from 'k6/websockets';
import { WebSocket } from 'k6/experimental/websockets';
const names = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
export default function () {
  console.log(Object.keys(websockets).join());
  console.log(names.map((name) => WebSocket[name]).join());
  const socket = new WebSocket(`${__ENV.SOCKETS}/ws/close?1000,`);
  console.log(names.map((name) => socket[name]).join(), socket instanceof WebSocket, socket.onopen);
}
