// What the server says at the end. Codes other than 1000 and 1001 are errors too.
import ws from 'k6/ws';
export default function () {
  for (const end of ['close?1000,', 'close?1001,bye', 'close?1011,broken', 'close?4001,', 'close', 'end']) {
    const seen = [];
    ws.connect(`${__ENV.SOCKETS}/ws/${end}`, (socket) => {
      for (const event of ['open', 'message']) socket.on(event, () => seen.push(event));
      socket.on('error', (e) => seen.push(`error ${e.error()}`));
      socket.on('close', (code) => seen.push(`close ${code}`));
    });
    console.log(end, '-', seen.join(' | '));
  }
}
