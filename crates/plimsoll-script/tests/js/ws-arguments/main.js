// Arguments that are missing or wrong.
import ws from 'k6/ws';
const attempt = (...given) => {
  try { console.log('connected', ws.connect(...given).status); } catch (error) { console.log(error.toString()); }
};
attempt('ws://127.0.0.1:1/', () => {});
export default function () {
  attempt();
  attempt('ws://127.0.0.1:1/');
  attempt('ws://127.0.0.1:1/', {});
  attempt('ws://127.0.0.1:1/', 'params', () => {});
  attempt('ws://127.0.0.1:1/', { headers: 'x' }, () => {});
  attempt('ws://127.0.0.1:1/', { tags: 7 }, () => {});
  attempt('ws://127.0.0.1:1/', { tags: { a: {} } }, () => {});
  attempt('ws://127.0.0.1:1/', { compression: 'br' }, () => {});
  ws.connect(`${__ENV.SOCKETS}/ws/close?1000,`, { unknown: 1, headers: null, tags: undefined }, (socket) => {
    for (const handler of [undefined, 'x', {}]) {
      try { socket.on('open', handler); } catch (error) { console.log(error.toString()); }
    }
    socket.on('unknown', () => console.log('never'));
  });
}
