//! Why a request was not answered as it should have been.

use std::io;
use std::time::Duration;

/// What kept a request from being accepted.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// There is no such request.
    #[error("the request cannot be made")]
    Request(#[source] hyper::http::Error),
    /// No connection.
    #[error("cannot connect to it")]
    Connect(#[source] io::Error),
    /// No handshake.
    #[error("no TLS with it")]
    Tls(#[source] io::Error),
    /// The connection broke, or what came is not HTTP.
    #[error("the connection failed")]
    Broken(#[from] hyper::Error),
    /// What came back is too long, or was cut off.
    #[error("its answer cannot be read")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nothing came in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// An answer, and not the one that was hoped for.
    #[error("it answered {status}{}{said}", if said.is_empty() { "" } else { ": " })]
    Refused {
        /// The status, or what stands for it.
        status: String,
        /// The beginning of what it said, without secrets.
        said: String,
        /// Whether it may accept the same request later.
        is_passing: bool,
    },
}

impl PushError {
    /// Whether another attempt may succeed.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Refused { is_passing, .. } => *is_passing,
            Self::Request(_) | Self::Tls(_) => false,
            _ => true,
        }
    }

    /// Whether the server has looked at the request and does not want it, now or later.
    pub(crate) fn is_final_refusal(&self) -> bool {
        matches!(self, Self::Refused { is_passing: false, .. })
    }
}
