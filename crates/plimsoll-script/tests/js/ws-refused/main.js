// What is no WebSocket: the response says why, and the iteration goes on.
import ws from 'k6/ws';
export default function () {
  const urls = [`${__ENV.SOCKETS}/ws/refuse`, `${__ENV.SOCKETS}/ws/wrong-accept`, `${__ENV.SERVER}/`,
    'ws://127.0.0.1:1/', 'nothing', ''];
  for (const url of urls) {
    const response = ws.connect(url, () => console.log('never called'));
    console.log(response.status, JSON.stringify(response.url), JSON.stringify(response.error), response.body);
  }
  console.log(ws.connect(urls[0], () => {}).headers['X-Why']);
}
