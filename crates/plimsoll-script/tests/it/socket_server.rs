//! The WebSocket side of the loopback server: what happens is in the path. Independent of the client under
//! test.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use crate::server::Received;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A frame of a client, unmasked.
struct Frame {
    first: u8,
    payload: Vec<u8>,
}

impl Frame {
    fn opcode(&self) -> u8 {
        self.first & 15
    }
}

/// Answers the handshake, and serves the connection until its end.
pub(crate) fn serve(request: &Received, reader: &mut BufReader<TcpStream>, writer: &mut TcpStream) {
    let path = request.path.split('?').next().unwrap_or_default();
    if path == "/ws/refuse" {
        let _ = writer.write_all(b"HTTP/1.1 403 Forbidden\r\nX-Why: no\r\nContent-Length: 8\r\n\r\nstay out");
        return;
    }
    let mut first = shake_hands(request, path);
    first.extend(greeting(request, path));
    if writer.write_all(&first).is_err() || path == "/ws/end" {
        return;
    }
    while let Some(received) = read(reader) {
        if !answer(path, &received, writer) {
            return;
        }
    }
}

fn shake_hands(request: &Received, path: &str) -> Vec<u8> {
    let key = request.header("Sec-Websocket-Key").unwrap_or_default();
    let accept = STANDARD.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
    let accept = if path == "/ws/wrong-accept" { "nonsense".to_owned() } else { accept };
    let mut head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n"
    );
    if let Some(offered) = request.header("Sec-Websocket-Protocol") {
        let chosen = offered.rsplit(',').next().unwrap_or_default().trim();
        head.push_str(&format!("Sec-WebSocket-Protocol: {chosen}\r\n"));
    }
    match path {
        "/ws/deflate" => head.push_str(
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; \
             client_no_context_takeover\r\n",
        ),
        "/ws/deflate-with-context" => head.push_str("Sec-WebSocket-Extensions: permessage-deflate\r\n"),
        "/ws/cookie" => head.push_str("Set-Cookie: seen=yes; Path=/\r\n"),
        _ => {}
    }
    (head + "\r\n").into_bytes()
}

/// What is sent in one piece with the handshake.
fn greeting(request: &Received, path: &str) -> Vec<u8> {
    match path {
        "/ws/headers" => frame(0x80 | TEXT, request.shown().as_bytes()),
        "/ws/burst" => {
            [frame(0x81, b"one"), frame(0x01, b"t"), frame(0x80, b"wo"), frame(0x82, &[3])].concat()
        }
        "/ws/ping" => frame(0x80 | PING, b"p"),
        "/ws/masked" => vec![0x81, 0x81, 0, 0, 0, 0, b'x'],
        "/ws/not-utf8" => frame(0x81, &[0xff]),
        "/ws/close" => {
            let query = request.path.split_once('?').map_or("", |(_, query)| query);
            match query.split_once(',') {
                None => frame(0x80 | CLOSE, b""),
                Some((code, reason)) => {
                    let code: u16 = code.parse().unwrap_or_default();
                    frame(0x80 | CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat())
                }
            }
        }
        _ => Vec::new(),
    }
}

/// Whether the connection goes on.
fn answer(path: &str, received: &Frame, writer: &mut TcpStream) -> bool {
    let answer = match received.opcode() {
        CLOSE if path == "/ws/deaf" => return true,
        CLOSE => {
            let _ = writer.write_all(&frame(0x80 | CLOSE, &received.payload));
            return false;
        }
        PING => frame(0x80 | PONG, &received.payload),
        PONG => frame(0x81, &[b"pong ", &received.payload[..]].concat()),
        _ if path == "/ws/silent" => return true,
        _ => frame(received.first, &received.payload),
    };
    writer.write_all(&answer).is_ok()
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(length as u8),
        length @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

/// The next frame; `None` at the end of the stream.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Frame> {
    let [first, second] = take::<2>(reader)?;
    assert!(second & 0x80 != 0, "frames of clients are masked");
    let length = match second & 127 {
        126 => u64::from(u16::from_be_bytes(take(reader)?)),
        127 => u64::from_be_bytes(take(reader)?),
        length => length.into(),
    };
    let key = take::<4>(reader)?;
    let mut payload = vec![0; length as usize];
    reader.read_exact(&mut payload).ok()?;
    payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    Some(Frame { first, payload })
}

fn take<const N: usize>(reader: &mut BufReader<TcpStream>) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
