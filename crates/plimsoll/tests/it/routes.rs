//! Which way sockets and streams of events go to servers that nobody here wrote: TLS, proxies, local
//! addresses, redirects, compression.

use crate::support::proxy::http_proxy;
use crate::support::secured;
use crate::support::sockets::Servers;
use crate::support::{Finished, Folder, finish};

/// Connects in every way there is, and prints which address the server has seen.
const EVERY_WAY: &str = r"
    import ws from 'k6/ws';
    import { WebSocket } from 'k6/websockets';
    import { io } from 'plimsoll/socketio';
    import { EventSource } from 'plimsoll/sse';
    const tls = __ENV.CERTIFICATE && { cert: open(__ENV.CERTIFICATE), key: open(__ENV.KEY) };
    export default async function () {
      const response = ws.connect(`${__ENV.SOCKETS}/from`, { tls }, (socket) => {
        socket.on('message', (text) => {
          console.log(`ws ${text}.`);
          socket.close();
        });
      });
      if (response.error) console.log(response.error);
      await new Promise((done) => {
        const socket = new WebSocket(`${__ENV.SOCKETS}/from`, null, { tls });
        socket.onmessage = (e) => {
          console.log(`websockets ${e.data}.`);
          socket.close();
        };
        socket.onerror = (e) => console.log(e.error);
        socket.onclose = done;
      });
      for (const transports of __ENV.TRANSPORTS.split(' ')) {
        await new Promise((done) => {
          const socket = io(__ENV.HTTP, { transports: transports.split(','), tls });
          socket.on('connect', async () => {
            console.log(`socketio ${transports} ${await socket.emitWithAck('from')}.`);
            socket.disconnect();
          });
          socket.on('connect_error', (error) => done(console.log(error.message, error.description)));
          socket.on('disconnect', done);
        });
      }
      await new Promise((done) => {
        const source = new EventSource(`${__ENV.HTTP}/events/from`, { tls });
        source.onmessage = (e) => console.log(`sse ${e.data}.`);
        source.onerror = (e) => console.log(e.error);
        source.onclose = done;
      });
    }";
const TRANSPORTS: [&str; 3] = ["websocket", "polling", "polling,websocket"];

/// Runs it against the server of this name and port. `scheme` is the end of `ws` and `http`: empty, or `s`.
async fn run(scheme: &str, server: &str, flags: &str, variables: &[(&str, &str)]) -> Finished {
    let folder = Folder::with(EVERY_WAY);
    let mut command = folder.command(&format!("run --quiet --log-format raw {flags} test.js"));
    command.env("SOCKETS", format!("ws{scheme}://{server}")).env("HTTP", format!("http{scheme}://{server}"));
    command.env("TRANSPORTS", TRANSPORTS.join(" ")).envs(variables.iter().copied());
    finish(command).await.code(0)
}

fn seen_from(end: Finished, address: &str) {
    let sockets = TRANSPORTS.map(|transports| format!("socketio {transports} {address}."));
    let others = ["ws", "websockets", "sse"].map(|kind| format!("{kind} {address}."));
    let all: Vec<&str> = sockets.iter().chain(&others).map(String::as_str).collect();
    end.says(&all);
}

#[tokio::test]
async fn sockets_are_secured() {
    let servers = Servers::node().await;
    let (secured, root) = secured::in_front_of(servers.port).await;
    let folder = Folder::new();
    folder.write("root.pem", &root);
    let root = folder.path("root.pem").display().to_string();
    let server = format!("localhost:{}", secured.port());
    seen_from(run("s", &server, "", &[("SSL_CERT_FILE", &root)]).await, "127.0.0.1");
    let end = run("s", &server, "", &[]).await;
    assert_eq!(end.stderr.matches("x509: unknown authority").count(), 6, "{end}");
    servers.stop().await;
}

#[tokio::test]
async fn sockets_show_who_they_are() {
    let servers = Servers::node().await;
    let guarded = secured::guarding(servers.port).await;
    let folder = Folder::new();
    let path = |name: &str, text: &str| {
        folder.write(name, text);
        folder.path(name).display().to_string()
    };
    let root = path("root.pem", &guarded.root);
    let [certificate, key] = [path("client.pem", &guarded.certificate), path("client.key", &guarded.key)];
    let server = format!("localhost:{}", guarded.address.port());
    let mut variables = vec![("SSL_CERT_FILE", &*root), ("CERTIFICATE", &*certificate), ("KEY", &*key)];
    seen_from(run("s", &server, "", &variables).await, "127.0.0.1");
    variables.truncate(1);
    run("s", &server, "", &variables).await.says_nothing_of(&["127.0.0.1."]);
    servers.stop().await;
}

#[tokio::test]
async fn sockets_go_through_a_tunnel() {
    let servers = Servers::node().await;
    let (secured, _) = secured::in_front_of(servers.port).await;
    let (proxy, asked) = http_proxy(secured).await;
    let proxy = format!("http://user:pass%20word@{proxy}");
    let flags = "--insecure-skip-tls-verify";
    seen_from(run("s", "shop.test", flags, &[("HTTPS_PROXY", &proxy)]).await, "127.0.0.1");
    let asked = asked.lock().expect("not poisoned").clone();
    let through = |line: &String| line == "CONNECT shop.test:443 HTTP/1.1";
    assert!(asked.len() >= 6 && asked.iter().all(through), "{asked:?}");
    servers.stop().await;
}

#[tokio::test]
async fn plain_sockets_go_through_a_tunnel_too() {
    let servers = Servers::node().await;
    let (proxy, asked) = http_proxy(([127, 0, 0, 1], servers.port).into()).await;
    let proxy = format!("http://user:pass%20word@{proxy}");
    let variables = [("HTTP_PROXY", proxy.as_str()), ("TRANSPORTS", "websocket")];
    let end = run("", "shop.test:81", "", &variables).await;
    end.says(&["ws 127.0.0.1.", "websockets 127.0.0.1.", "socketio websocket 127.0.0.1."]);
    let asked = asked.lock().expect("not poisoned").clone();
    let (events, sockets) = asked.split_last().expect("asked for");
    assert_eq!(sockets, ["CONNECT shop.test:81 HTTP/1.1"; 3]);
    assert_eq!(events, "GET http://shop.test:81/events/from HTTP/1.1", "a stream is a request like others");
    servers.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn sockets_leave_from_local_addresses() {
    let servers = Servers::node().await;
    let server = format!("127.0.0.1:{}", servers.port);
    seen_from(run("", &server, "--local-ips 127.0.0.8", &[]).await, "127.0.0.8");
    servers.stop().await;
}

/// Prints the messages of streams, cut short.
const STREAMS: &str = r"
    import { EventSource } from 'plimsoll/sse';
    export default async function () {
      const show = (path, params) => new Promise((done) => {
        const seen = [];
        const source = new EventSource(__ENV.HTTP + path, params);
        source.onmessage = (e) => seen.push(e.data.length > 100 ? e.data.length : e.data);
        source.onerror = (e) => seen.push(e.error);
        source.onclose = () => done(console.log(`${path}: ${seen.join()}.`));
        source.addEventListener('done', () => {
          source.close();
          source.onclose();
        });
      });
      await show('/events');
      await show('/events/gzip');
      await show('/events/moved');
      await show('/events/moved', { method: 'POST', body: 'why' });
    }";

#[tokio::test]
async fn streams_of_events_are_secured_compressed_and_moved() {
    let servers = Servers::node().await;
    let (secured, root) = secured::in_front_of(servers.port).await;
    for url in [format!("http://127.0.0.1:{}", servers.port), format!("https://localhost:{}", secured.port())]
    {
        let folder = Folder::with(STREAMS);
        folder.write("root.pem", &root);
        let mut command = folder.command("run --quiet --log-format raw test.js");
        command.env("HTTP", url).env("SSL_CERT_FILE", folder.path("root.pem"));
        finish(command).await.code(0).says(&[
            "/events: first,last.",
            "/events/gzip: first,7000,last.",
            "/events/moved: GET  moved=yes.",
            "/events/moved: POST why moved=yes.",
        ]);
    }
    servers.stop().await;
}
