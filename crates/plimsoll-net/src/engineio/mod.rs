//! Engine.IO 4, the transport under Socket.IO: messages over long polling or a WebSocket, with a heartbeat.
//!
//! [`Engine::open`] makes a session; [`Engine::poll_next`] brings its messages, answers the heartbeat, moves
//! from polling to a WebSocket, and finds out when the server has fallen silent. What the messages mean is in
//! [`packet`], which knows Socket.IO's own packets too and does no I/O. Reconnecting is the caller's.
//!
//! Source: <https://socket.io/docs/v4/engine-io-protocol/>, <https://socket.io/docs/v4/socket-io-protocol/>.
//!
//! | module | subject |
//! |---|---|
//! | `session` | [`Engine`]: the session |
//! | `polling` | the transport of requests |
//! | `address` | the URLs of both transports |
//! | [`packet`] | what is written on the wire |

mod address;
pub mod packet;
mod polling;
mod session;

pub use self::address::Address;
pub use self::session::{Engine, Opened};

/// A way to carry messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A request that waits for what the server has to say, and one for what it is told.
    Polling,
    /// A WebSocket.
    WebSocket,
}

impl Transport {
    /// The name as the protocol has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Transport::Polling => "polling",
            Transport::WebSocket => "websocket",
        }
    }
}

/// A message of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

/// Why there is no session, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The transport failed: no connection, a bad answer, a lost connection.
    #[error("{0}")]
    Transport(String),
    /// The server refused the session.
    #[error("the server answered {status}{}", said(.message))]
    Refused {
        /// The status of its answer.
        status: u16,
        /// What it says.
        message: String,
    },
    /// The server ended the session.
    #[error("the server closed the connection")]
    Closed,
    /// The heartbeat stayed away.
    #[error("no heartbeat for {0} ms")]
    Silence(u128),
    /// No session within the time allowed for it.
    #[error("timeout")]
    Timeout,
    /// The server's bytes are not what the protocol allows.
    #[error("{0}")]
    Protocol(&'static str),
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
