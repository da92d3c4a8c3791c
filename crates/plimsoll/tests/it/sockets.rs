//! WebSockets and Socket.IO against servers that nobody here wrote.

use crate::support::sockets::{Servers, folder, official};
use crate::support::{Finished, Folder};

async fn run(script: &str, flags: &str, servers: &Servers) -> Finished {
    let port = servers.port;
    Folder::with(script).run(&format!("--log-format raw --env PORT={port} {flags}")).await
}

/// Sends messages of all kinds and sizes in both styles, and wants them back.
const EVERYTHING: &str = r"
    import ws from 'k6/ws';
    import { WebSocket } from 'k6/websockets';
    import { check } from 'k6';
    const sizes = [0, 1, 125, 126, 65535, 65536, 300000];
    export const options = { thresholds: {
      checks: ['rate==1'], ws_sessions: ['count==4'], ws_session_duration: ['max<60000'],
    } };
    export default async function () {
      for (const compression of ['', 'deflate']) {
        const url = `ws://127.0.0.1:${__ENV.PORT}/echo`;
        const seen = [];
        const params = { compression, headers: { 'Sec-WebSocket-Protocol': 'chat' } };
        const response = ws.connect(url, params, (socket) => {
          socket.on('open', () => sizes.forEach((size) => {
            socket.send('ä'.repeat(size));
            socket.sendBinary(new Uint8Array(size).fill(7).buffer);
          }));
          socket.on('message', (text) => seen.push(text.length));
          socket.on('binaryMessage', (bytes) => {
            seen.push(-bytes.byteLength);
            if (seen.length === 2 * sizes.length) socket.ping();
          });
          socket.on('pong', () => socket.close(4000));
        });
        check(response, {
          'subprotocol': (r) => r.headers['Sec-Websocket-Protocol'] === 'chat',
          'compression': (r) => ('Sec-Websocket-Extensions' in r.headers) === (compression !== ''),
        });
        check(seen, { 'all is back': (all) => all.join() === sizes.flatMap((size) => [size, -size]).join() });
        await new Promise((done) => {
          const socket = new WebSocket(url, 'chat', { compression });
          socket.binaryType = 'arraybuffer';
          let left = 2 * sizes.length;
          socket.onopen = () => sizes.forEach((size) => {
            socket.send('b'.repeat(size));
            socket.send(new Uint8Array(size));
          });
          socket.onmessage = (e) => {
            left -= 1;
            if (left === 0) socket.close(4001, 'enough');
          };
          socket.onclose = (e) => {
            check(e, { 'all is back': () => left === 0 });
            check(e, { 'the server agrees': () => e.code === 4001 && e.reason === 'enough' });
            done();
          };
        });
      }
    }";

#[tokio::test]
async fn npms_ws_and_both_apis_understand_each_other() {
    let mut servers = Servers::node().await;
    run(EVERYTHING, "", &servers).await.code(0);
    for code in ["4000", "4001 enough", "4000", "4001 enough"] {
        assert_eq!(servers.says("ws").await.trim_end(), format!("ws closed {code}"));
    }
    servers.stop().await;
}

#[tokio::test]
async fn pythons_websockets_and_both_apis_understand_each_other() {
    let mut servers = Servers::python().await;
    run(EVERYTHING, "", &servers).await.code(0);
    for code in ["4000", "4001 enough", "4000", "4001 enough"] {
        assert_eq!(servers.says("closed").await.trim_end(), format!("closed {code}"));
    }
    servers.stop().await;
}

#[tokio::test]
async fn a_run_that_ends_says_goodbye() {
    let mut servers = Servers::python().await;
    let script = "
        import ws from 'k6/ws';
        import { WebSocket } from 'k6/websockets';
        const url = `ws://127.0.0.1:${__ENV.PORT}/`;
        export const options = { scenarios: { s: {
          executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s',
        } } };
        export default function () {
          if (__VU % 2) ws.connect(url, () => {});
          else new WebSocket(url);
        }";
    let end = run(script, "", &servers).await.code(0);
    assert!(end.stdout.contains("ws_sessions"), "{end}");
    for _ in 0..2 {
        assert_eq!(servers.says("closed").await.trim_end(), "closed 1001");
    }
    servers.stop().await;
}

#[tokio::test]
async fn socketio_behaves_as_the_official_client() {
    let servers = Servers::node().await;
    let url = format!("http://127.0.0.1:{}", servers.port);
    let folder_of_script = Folder::with(
        "import { io } from 'plimsoll/socketio';
         import { behave } from './behaviour.js';
         export const options = { thresholds: { data_received: ['count>900000'] } };
         export default () => behave(io, __ENV.URL, (...words) => console.log(words.join(' ')));",
    );
    let behaviour = std::fs::read_to_string(folder().join("behaviour.js")).expect("readable");
    folder_of_script.write("behaviour.js", &behaviour);
    let flags = format!("--log-format raw --console-output told --env URL={url}");
    let end = folder_of_script.run(&flags).await.code(0);
    let told = std::fs::read_to_string(folder_of_script.path("told")).expect("written");
    let yardstick = official(&url).await;
    assert_eq!(told, yardstick, "{end}");
    assert!(yardstick.lines().count() > 80, "{yardstick}");
    servers.stop().await;
}

#[tokio::test]
async fn socketio_has_metrics_of_its_own() {
    let servers = Servers::node().await;
    let script = "
        import { io } from 'plimsoll/socketio';
        export const options = { vus: 3, iterations: 6, thresholds: {
          socketio_sessions: ['count==6'],
          socketio_events_received: ['count==6'],
          'socketio_events_received{event:echo}': ['count==6'],
          socketio_connecting: ['max<60000'],
          'socketio_ack_duration{event:echo}': ['min>0'],
          'socketio_ack_duration{my:tag}': ['min>0'],
        } };
        export default function () {
          const socket = io(`http://127.0.0.1:${__ENV.PORT}`, { tags: { my: 'tag' } });
          socket.on('connect', async () => {
            socket.emit('echo', 1);
            await socket.emitWithAck('echo', 2);
            socket.disconnect();
          });
        }";
    let end = run(script, "", &servers).await.code(0);
    assert!(end.stdout.contains("data_received"), "{end}");
    servers.stop().await;
}

/// Whatever the script did meanwhile.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn times_end_when_answers_arrive() {
    let servers = Servers::node().await;
    let script = "
        import { io } from 'plimsoll/socketio';
        import { EventSource } from 'plimsoll/sse';
        export const options = { thresholds: {
          socketio_ack_duration: ['min>100', 'max<1500'],
          sse_event_gap: ['max<1500'],
          iteration_duration: ['min>8000'],
        } };
        const work = () => { for (const until = Date.now() + 2000; Date.now() < until;); };
        export default async function () {
          for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
            await new Promise((done) => {
              const socket = io(`http://127.0.0.1:${__ENV.PORT}`, { transports, upgrade: true });
              socket.on('disconnect', done);
              socket.on('connect', () => setTimeout(() => {
                socket.emit('later', () => socket.disconnect());
                setTimeout(work, 20);
              }, 100));
            });
          }
          const source = new EventSource(`http://127.0.0.1:${__ENV.PORT}/events`);
          source.addEventListener('message', work, { once: true });
        }";
    run(script, "", &servers).await.code(0);
    servers.stop().await;
}

#[tokio::test]
async fn sockets_that_are_open_at_the_end_are_closed() {
    let mut servers = Servers::node().await;
    let script = "
        import { io } from 'plimsoll/socketio';
        export const options = { scenarios: { s: {
          executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s',
        } } };
        export default function () {
          io(`http://127.0.0.1:${__ENV.PORT}`, { transports: ['websocket'] });
        }";
    run(script, "", &servers).await.code(0);
    let said = servers.says("io disconnected").await;
    assert_eq!(said, "io disconnected client namespace disconnect");
    servers.stop().await;
}

#[tokio::test]
async fn events_of_a_server_come_while_it_sends_them() {
    let servers = Servers::node().await;
    let script = "
        import { EventSource } from 'plimsoll/sse';
        export const options = { thresholds: { sse_event_gap: ['min>20'], sse_first_event: ['max<60000'] } };
        export default function () {
          const seen = [];
          const source = new EventSource(`http://127.0.0.1:${__ENV.PORT}/events`);
          source.onmessage = (e) => seen.push(`${e.data} ${e.lastEventId}`);
          source.addEventListener('tick', (e) => seen.push(JSON.parse(e.data).n));
          source.onclose = () => console.log(seen.join());
        }";
    let end = run(script, "", &servers).await.code(0);
    assert!(end.stderr.contains("first 1,2,last 2") || end.stdout.contains("first 1,2,last 2"), "{end}");
    servers.stop().await;
}
