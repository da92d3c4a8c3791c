//! What a failure of HTTP/2 means.

use h2::Reason;

use super::driver::Marks;
use crate::error::NetError;

/// Why there is no response.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: NetError,
    /// Whether the server has certainly done nothing with the request.
    pub(crate) unprocessed: bool,
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        Self { error, unprocessed: false }
    }
}

impl Failure {
    /// `has_begun` says whether a part of the response had arrived.
    pub(super) fn of(error: &h2::Error, marks: &Marks, has_begun: bool) -> Self {
        let reason = error.reason().map(u32::from);
        let unprocessed = !has_begun
            && error.is_remote()
            && (error.reason() == Some(Reason::REFUSED_STREAM)
                || (error.is_go_away() && error.reason() == Some(Reason::NO_ERROR)));
        let error = match reason {
            Some(reason) if error.is_reset() => NetError::Http2Stream(reason),
            Some(reason) if error.is_go_away() && error.is_remote() => NetError::Http2GoAway(reason),
            Some(reason) if error.is_go_away() => NetError::Http2Connection(reason),
            _ if error.is_io() => marks.error().unwrap_or(NetError::UnexpectedEof),
            _ => NetError::Http2(error.to_string().into()),
        };
        Self { error, unprocessed }
    }

    /// The connection was found closed before anything was sent on it.
    pub(super) fn before_sending(self) -> Self {
        Self { unprocessed: true, ..self }
    }
}
