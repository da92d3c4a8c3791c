//! WebSocket: RFC 6455, with RFC 7692's compression of messages.
//!
//! [`handshake::open`] asks a server for a connection and gives a [`Handshake`], a fact like that of an HTTP
//! exchange. Its [`WebSocket`] sends without waiting and brings one [`Event`] after the other. Answers to
//! pings and to the closing handshake go out by themselves; reconnecting, time limits and metrics are the
//! caller's.
//!
//! A connection that is idle owns no buffer: bytes are read into the worker's buffer, and only a frame that
//! came in part, or what the socket did not take, is kept until the rest is there. Both sides compress each
//! message by itself (`no_context_takeover`), so that one compressor serves all connections of a worker.
//!
//! | module | subject |
//! |---|---|
//! | [`handshake`] | the request, the answer, what was agreed on |
//! | `connection` | [`WebSocket`]: the open connection |
//! | `decoder` | [`Decoder`]: bytes to events; does no I/O |
//! | `frame` | one frame: header, mask |
//! | `deflate` | [`Deflate`]: one message compressed, one expanded |

mod connection;
mod decoder;
mod deflate;
mod frame;
pub mod handshake;

use std::borrow::Cow;

pub use self::connection::WebSocket;
pub use self::decoder::Decoder;
pub use self::deflate::Deflate;
pub use self::handshake::{Handshake, HandshakeError};
use crate::error::NetError;

/// Bytes of a message, expanded. Larger ones end the connection with code 1009.
pub const MESSAGE_LIMIT: usize = 128 * 1024 * 1024;

/// What a connection brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping, which is answered already.
    Ping(Vec<u8>),
    /// The answer to a ping, or one that nobody asked for.
    Pong(Vec<u8>),
    /// The server closes the connection, or agrees to its end. The last event.
    Close {
        /// Why, as a number, if it says so.
        code: Option<u16>,
        /// Why, in words.
        reason: String,
    },
}

/// Why a connection ended without a closing handshake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebSocketError {
    /// The connection is gone.
    #[error("{0}")]
    Net(NetError),
    /// The server ended the connection without a close frame.
    #[error("websocket: close 1006 (abnormal closure): unexpected EOF")]
    Eof,
    /// The server's bytes are not what the protocol allows.
    #[error("websocket: {0}")]
    Protocol(Cow<'static, str>),
    /// A text message or a reason is not UTF-8.
    #[error("websocket: invalid UTF-8 in a {0}")]
    Utf8(&'static str),
    /// A message is larger than [`MESSAGE_LIMIT`], or than the limit that the decoder was given.
    #[error("websocket: a message exceeds the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
}

impl WebSocketError {
    fn protocol(what: &'static str) -> Self {
        WebSocketError::Protocol(what.into())
    }

    /// The code that the server is told.
    fn close_code(&self) -> Option<u16> {
        match self {
            WebSocketError::Net(_) | WebSocketError::Eof => None,
            WebSocketError::Protocol(_) => Some(1002),
            WebSocketError::Utf8(_) => Some(1007),
            WebSocketError::TooLarge { .. } => Some(1009),
        }
    }
}
