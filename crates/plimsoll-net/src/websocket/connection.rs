//! The open connection.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::decoder::Decoder;
use super::deflate::Deflate;
use super::frame::{self, CONTROL_LIMIT, Opcode};
use super::{Event, WebSocketError};
use crate::connection::Connection;
use crate::error::NetError;
use crate::shared::Shared;
use crate::timings::Traffic;

/// One WebSocket connection.
///
/// Sending never waits: what the socket does not take is kept, and goes out while somebody waits for the next
/// event. Dropping it ends the connection without a word; [`abandon`](Self::abandon) says one.
#[derive(Debug)]
pub struct WebSocket {
    shared: Shared,
    connection: Connection,
    protocol: Box<str>,
    decoder: Decoder,
    deflate: Option<Deflate>,
    /// Read already, not given out yet.
    events: VecDeque<Event>,
    /// Why nothing will be read any more, after `events`.
    failure: Option<WebSocketError>,
    outgoing: Outgoing,
    /// The state of the generator of masks.
    mask: u64,
    close_sent: bool,
    close_received: bool,
}

/// What the socket has not taken yet.
#[derive(Debug, Default)]
struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
    /// Whether TLS may hold something back.
    unflushed: bool,
    failure: Option<NetError>,
}

impl WebSocket {
    /// `beyond` is what the server sent behind its part of the handshake.
    pub(super) fn new(
        shared: Shared,
        connection: Connection,
        deflate: Option<Deflate>,
        limit: usize,
        protocol: Box<str>,
        beyond: &[u8],
    ) -> Self {
        let mut socket = Self {
            shared,
            connection,
            protocol,
            decoder: Decoder::new(limit, deflate.clone()),
            deflate,
            events: VecDeque::new(),
            failure: None,
            outgoing: Outgoing::default(),
            mask: RandomState::new().build_hasher().finish(),
            close_sent: false,
            close_received: false,
        };
        socket.take_in(beyond);
        socket
    }

    /// When the last bytes came that were read.
    pub fn arrived_at(&self) -> Instant {
        self.connection.arrival().arrived
    }

    /// The subprotocol that the server chose; empty for none.
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// Whether messages are compressed.
    pub fn is_compressed(&self) -> bool {
        self.deflate.is_some()
    }

    /// Sends a text message.
    pub fn send_text(&mut self, text: &str) {
        self.send_message(Opcode::Text, text.as_bytes());
    }

    /// Sends a binary message.
    pub fn send_binary(&mut self, bytes: &[u8]) {
        self.send_message(Opcode::Binary, bytes);
    }

    /// Sends a ping with at most 125 bytes; the rest is left out.
    pub fn ping(&mut self, payload: &[u8]) {
        self.send(Opcode::Ping, false, &payload[..payload.len().min(CONTROL_LIMIT)]);
    }

    /// Begins the closing handshake, once; the server's answer is [`Event::Close`]. The reason is cut to what
    /// fits.
    pub fn close(&mut self, code: Option<u16>, reason: &str) {
        let mut payload = Vec::new();
        if let Some(code) = code {
            payload.extend_from_slice(&code.to_be_bytes());
            let end = reason.floor_char_boundary(CONTROL_LIMIT - payload.len());
            payload.extend_from_slice(&reason.as_bytes()[..end]);
        }
        self.send(Opcode::Close, false, &payload);
        self.close_sent = true;
    }

    /// Says goodbye as far as the socket takes it, and ends the connection.
    pub fn abandon(mut self, code: u16) -> Traffic {
        self.close(Some(code), "");
        self.take_traffic()
    }

    /// Whether a close frame was sent, by the caller or in answer to the server's.
    pub fn is_closing(&self) -> bool {
        self.close_sent
    }

    /// Bytes that the socket has not taken yet.
    pub fn buffered(&self) -> usize {
        self.outgoing.bytes.len() - self.outgoing.written
    }

    /// The bytes that crossed the socket since the last call.
    pub fn take_traffic(&mut self) -> Traffic {
        self.connection.take_traffic()
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// Why there will be none.
    pub async fn next(&mut self) -> Result<Event, WebSocketError> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Waits until everything is written, and the server has ended the connection or said that it will.
    pub async fn linger(&mut self) {
        while !self.close_received || self.buffered() > 0 {
            let Ok(_) = self.next().await else { return };
        }
    }

    /// The next event, as soon as there is one; writes what is to be written meanwhile. After
    /// [`Event::Close`] or an error there is no other.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, WebSocketError>> {
        self.outgoing.poll_write(&mut self.connection, cx);
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Ok(event));
            }
            // A burst must not stay allocated while the connection is idle.
            self.events = VecDeque::new();
            if let Some(failure) = &self.failure {
                return Poll::Ready(Err(failure.clone()));
            }
            match self.poll_read(cx) {
                Poll::Ready(()) => {}
                // What the server has still sent comes before that nothing can be sent to it.
                Poll::Pending => {
                    let failure = self.outgoing.failure.clone();
                    return failure
                        .map_or(Poll::Pending, |error| Poll::Ready(Err(WebSocketError::Net(error))));
                }
            }
        }
    }

    /// Reads once.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let shared = self.shared.clone();
        shared.with_read_buffer(|buffer| {
            let mut read = ReadBuf::new(buffer);
            match ready!(self.connection.poll_read(cx, &mut read)) {
                Err(error) => self.failure = Some(WebSocketError::Net(error)),
                Ok(()) if read.filled().is_empty() => self.failure = Some(WebSocketError::Eof),
                Ok(()) => self.take_in(read.filled()),
            }
            Poll::Ready(())
        })
    }

    /// Decodes what came, and answers what the protocol wants answered.
    fn take_in(&mut self, bytes: &[u8]) {
        if self.close_received {
            return;
        }
        let known = self.events.len();
        let decoded = self.decoder.feed(bytes, &mut self.events);
        let pings: Vec<Vec<u8>> = self.events.range(known..).filter_map(ping_payload).collect();
        pings.iter().for_each(|payload| self.send(Opcode::Pong, false, payload));
        if let Some(Event::Close { code, .. }) = self.events.back() {
            let code = *code;
            self.close_received = true;
            if !self.close_sent {
                self.close(code, "");
            }
            self.failure = Some(WebSocketError::Eof);
        }
        if let Err(error) = decoded {
            if let Some(code) = error.close_code().filter(|_| !self.close_sent) {
                self.close(Some(code), "");
            }
            self.failure = Some(error);
        }
    }

    fn send_message(&mut self, opcode: Opcode, payload: &[u8]) {
        match &self.deflate {
            None => self.send(opcode, false, payload),
            Some(deflate) => {
                let payload = deflate.compress(payload);
                self.send(opcode, true, &payload);
            }
        }
    }

    /// Adds a frame and writes as much as the socket takes. Nothing is sent after a close frame.
    fn send(&mut self, opcode: Opcode, compressed: bool, payload: &[u8]) {
        if self.close_sent {
            return;
        }
        let key = self.next_mask();
        frame::encode(&mut self.outgoing.bytes, opcode, compressed, key, payload);
        self.outgoing.unflushed = true;
        // Whoever waits next polls with a waker that wakes.
        self.outgoing.poll_write(&mut self.connection, &mut Context::from_waker(Waker::noop()));
    }

    /// The mask keeps scripts of browsers from writing what proxies take for HTTP: anything will do that is
    /// not chosen by the sender of the message (SplitMix64).
    fn next_mask(&mut self) -> [u8; 4] {
        self.mask = self.mask.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.mask ^ (self.mask >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)) as u32).to_ne_bytes()
    }
}

fn ping_payload(event: &Event) -> Option<Vec<u8>> {
    match event {
        Event::Ping(payload) => Some(payload.clone()),
        _ => None,
    }
}

impl Outgoing {
    /// Writes what the socket takes. A failure is kept for whoever waits.
    fn poll_write(&mut self, connection: &mut Connection, cx: &mut Context<'_>) {
        if self.unflushed
            && let Poll::Ready(Err(error)) = self.try_write(connection, cx)
        {
            *self = Outgoing { failure: Some(error), ..Outgoing::default() };
        }
    }

    fn try_write(&mut self, connection: &mut Connection, cx: &mut Context<'_>) -> Poll<Result<(), NetError>> {
        while self.written < self.bytes.len() {
            self.written += ready!(connection.poll_write(cx, &self.bytes[self.written..]))?;
        }
        (self.bytes, self.written) = (Vec::new(), 0);
        ready!(connection.poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }
}
