// Under the option throw a connection that is refused is an exception.
import ws from 'k6/ws';
export const options = { throw: true };
export default function () {
  for (const url of [`${__ENV.SOCKETS}/ws/refuse`, 'ws://127.0.0.1:1/', 'http://x']) {
    try { ws.connect(url, () => {}); } catch (error) { console.log(error.toString()); }
  }
}
