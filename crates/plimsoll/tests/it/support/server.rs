//! Servers for the program to load, on ports of their own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A seeded desk in memory.
pub(crate) async fn desk() -> insightdesk::Running {
    insightdesk::spawn(insightdesk::Config::default()).await.expect("a desk")
}

/// Answers every request, whatever it asks for, with this body.
pub(crate) async fn answers(content_type: &str, body: impl Into<Vec<u8>>) -> SocketAddr {
    let body = body.into();
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n", body.len())
            .into_bytes();
    answer.extend(body);
    let answer: Arc<[u8]> = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&answer)));
        }
    });
    addr
}

/// Requests are heads without bodies.
async fn serve(stream: TcpStream, answer: Arc<[u8]>) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while matches!(stream.read_line(&mut line).await, Ok(1..)) {
        if line == "\r\n" && stream.get_mut().write_all(&answer).await.is_err() {
            return;
        }
        line.clear();
    }
}

/// An address for the program to listen at, which nobody else in the world of these tests takes: ports that
/// the system hands out belong to 127.0.0.1.
pub(crate) fn reserved() -> String {
    static NEXT: AtomicU8 = AtomicU8::new(2);
    let [.., high, low] = std::process::id().to_be_bytes();
    format!("127.{high}.{low}.{}:6565", NEXT.fetch_add(1, Relaxed))
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address")
}
