//! Servers made of a closure per connection, and short ways to ask them something.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plimsoll_net::{Client, Exchange, Method, Options, Request, Shared, Url};
use tokio::time::Instant;

/// No test takes longer, whatever goes wrong.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A server on a free port of the loopback device.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Runs `serve` in a thread for each connection, with the connection's number from 0.
    pub(crate) fn start(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (serve, counter) = (Arc::new(serve), Arc::clone(&connections));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_write_timeout(Some(PATIENCE)).unwrap();
                stream.set_nodelay(true).unwrap();
                let (number, serve) = (counter.fetch_add(1, Ordering::SeqCst), Arc::clone(&serve));
                std::thread::spawn(move || serve(number, stream));
            }
        });
        Self { address, connections }
    }

    /// Answers every request in the same way and keeps connections open.
    pub(crate) fn answering(response: impl Into<Vec<u8>>) -> Self {
        let response = response.into();
        Self::start(move |_, mut stream| {
            while read_head(&mut stream).is_some() {
                stream.write_all(&response).unwrap();
            }
        })
    }

    /// Answers one request per connection, then closes it.
    pub(crate) fn answering_once(response: impl Into<Vec<u8>>) -> Self {
        let response = response.into();
        Self::start(move |_, mut stream| {
            read_head(&mut stream);
            let _ = stream.write_all(&response);
            close(&mut stream);
        })
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads up to the empty line after a head; `None` at the end of the stream.
pub(crate) fn read_head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8(head).unwrap())
}

pub(crate) fn read_bytes(stream: &mut impl Read, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// An orderly end: nothing unread is left, so that the peer sees a FIN and no reset.
pub(crate) fn close(stream: &mut TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// A disorderly end: the peer sees a reset.
pub(crate) fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

pub(crate) fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

pub(crate) fn client() -> Client {
    client_with(Options::default())
}

pub(crate) fn client_with(options: Options) -> Client {
    Client::new(Shared::new(Arc::new(options)))
}

pub(crate) fn soon() -> Instant {
    Instant::now() + PATIENCE
}

pub(crate) fn request(method: &str, url: Url) -> Request {
    Request::new(Method::from(method), url)
}

pub(crate) async fn get(client: &Client, url: Url) -> Exchange {
    client.exchange(&request("GET", url), soon()).await
}

/// `status body` or `code message`. Whatever happened, the parts of its time add up.
pub(crate) fn outcome(exchange: &Exchange) -> String {
    let timings = exchange.timings;
    let parts = timings.blocked + timings.duration();
    if !parts.is_zero() {
        assert_eq!(parts, exchange.ended_at - exchange.started_at, "{timings:?}");
    }
    match &exchange.result {
        Ok(response) => format!("{} {}", response.status, String::from_utf8_lossy(&response.body)),
        Err(error) => format!("{} {error}", error.code()),
    }
}
