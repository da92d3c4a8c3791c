//! WebSockets and Socket.IO, as far as an idle crowd needs them: connect, subscribe, heartbeat.
//!
//! `/ws` is a WebSocket that answers `subscribe` and sends a ping now and then; `/socket.io/` speaks
//! Engine.IO over a WebSocket and acknowledges each event. What is counted: who is there, who has subscribed,
//! who has left, and how often heartbeats were answered.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout_at};

/// Between two heartbeats: what servers of Socket.IO do.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// The longest handshake, and the longest message.
const BYTES_MAX: usize = 4096;

/// What has happened so far.
#[derive(Default)]
pub(crate) struct Crowd {
    connected: Cell<u64>,
    subscribed: Cell<u64>,
    left: Cell<u64>,
    heartbeats: Cell<u64>,
}

impl fmt::Display for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "connected={} subscribed={} left={} heartbeats={}",
            self.connected.get(),
            self.subscribed.get(),
            self.left.get(),
            self.heartbeats.get()
        )
    }
}

fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

/// Serves everybody who comes.
pub(crate) async fn accept(listener: TcpListener, crowd: Rc<Crowd>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let crowd = Rc::clone(&crowd);
        tokio::task::spawn_local(async move {
            // How a connection ends is its own affair; that it has ended is counted.
            let _ = serve(stream, &crowd).await;
        });
    }
}

async fn serve(mut stream: TcpStream, crowd: &Crowd) -> io::Result<()> {
    let head = read_head(&mut stream).await?;
    let is_socketio = head.starts_with("GET /socket.io/");
    stream.write_all(answer(&head).as_bytes()).await?;
    if is_socketio {
        let terms =
            r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        stream.write_all(&frame(TEXT, terms.as_bytes())).await?;
    }
    count(&crowd.connected);
    let ended = converse(&mut stream, crowd, is_socketio).await;
    count(&crowd.left);
    ended
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 || head.len() > BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    String::from_utf8(head).map_err(io::Error::other)
}

/// The end of the handshake, whatever was asked.
fn answer(head: &str) -> String {
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("sec-websocket-key").then_some(value)
    });
    let key = key.unwrap_or_default();
    let accept = STANDARD.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A short frame.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap_or(u8::MAX).min(125);
    [&[0x80 | opcode, length], &payload[..length.into()]].concat()
}

async fn converse(stream: &mut TcpStream, crowd: &Crowd, is_socketio: bool) -> io::Result<()> {
    let mut heartbeat = Instant::now() + HEARTBEAT;
    loop {
        // Looks at what is there: that the stream may be readable does not mean that something is.
        let Ok(received) = timeout_at(heartbeat, stream.peek(&mut [0])).await else {
            let beat = if is_socketio { frame(TEXT, b"2") } else { frame(PING, b"") };
            stream.write_all(&beat).await?;
            heartbeat = Instant::now() + HEARTBEAT;
            continue;
        };
        if received? == 0 {
            return Ok(());
        }
        let (opcode, payload) = read_frame(stream).await?;
        let payload = String::from_utf8_lossy(&payload).into_owned();
        let said = match (opcode, payload.as_str()) {
            (CLOSE, _) => return Ok(()),
            (PONG, _) | (TEXT, "3") => {
                count(&crowd.heartbeats);
                continue;
            }
            (TEXT, "subscribe") => "subscribed".to_owned(),
            (TEXT, event) if event.starts_with("42") => {
                let id: String = event[2..].chars().take_while(char::is_ascii_digit).collect();
                format!("43{id}[\"subscribed\"]")
            }
            (TEXT, connect) if connect.starts_with("40") => {
                stream.write_all(&frame(TEXT, br#"40{"sid":"n"}"#)).await?;
                continue;
            }
            _ => continue,
        };
        count(&crowd.subscribed);
        stream.write_all(&frame(TEXT, said.as_bytes())).await?;
    }
}

async fn read_frame(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await?;
    let length = match head[1] & 127 {
        126 => stream.read_u16().await?.into(),
        127 => return Err(io::ErrorKind::InvalidData.into()),
        length => usize::from(length),
    };
    let mut key = [0; 4];
    stream.read_exact(&mut key).await?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    Ok((head[0] & 15, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_standards_example() {
        let answer = answer("GET /ws HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        assert!(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    }
}
