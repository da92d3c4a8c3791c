//! WebSockets by hand, for clients that no library would let one be.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::PATIENCE;

/// A frame of text, masked with zeros, which change nothing.
pub(crate) fn text_frame(text: &str) -> Vec<u8> {
    frame(0x81, text.as_bytes())
}

/// A masked frame; `first` are its flags and opcode.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&[first, 0x80 | 126][..], &length, &[0; 4], payload].concat()
}

/// Connects and becomes a WebSocket, of which Engine.IO has said hello.
pub(crate) async fn opened(addr: SocketAddr, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.expect("accepted");
    open(&mut stream, token).await;
    stream
}

async fn open(stream: &mut TcpStream, token: &str) {
    let upgrade = format!(
        "GET /socket.io/?EIO=4&transport=websocket&token={token} HTTP/1.1\r\nhost: desk\r\n\
         upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    stream.write_all(upgrade.as_bytes()).await.expect("sent");
    heard(stream, b"0{").await;
}

/// Opens and subscribes the moment that is possible; returns when that is acknowledged.
pub(crate) async fn subscribed(stream: &mut TcpStream, token: &str) {
    open(stream, token).await;
    stream.write_all(&text_frame("40")).await.expect("sent");
    heard(stream, b"40{").await;
    let subscribe = text_frame(r#"420["subscribe",{"channel":"tickets:org_123"}]"#);
    stream.write_all(&subscribe).await.expect("sent");
    heard(stream, b"430[").await;
}

/// Reads until this has been heard.
pub(crate) async fn heard(stream: &mut TcpStream, awaited: &[u8]) {
    let mut heard = Vec::new();
    while !heard.windows(awaited.len()).any(|part| part == awaited) {
        // What is not the beginning of it need not be looked through again.
        heard.drain(..heard.len().saturating_sub(awaited.len()));
        let read = timeout(PATIENCE, stream.read_buf(&mut heard)).await;
        assert!(read.expect("an answer in time").expect("readable") > 0, "the desk hung up");
    }
}
