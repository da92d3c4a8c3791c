//! The numbers by which scripts, thresholds and dashboards know network failures.
//!
//! They are k6's, grouped by layer: 1000 general, 1100 DNS, 1200 TCP, 1300 TLS, 1400 and 1500 HTTP statuses,
//! 1600 HTTP/2, 1700 body decoding. Which failure gets which number is decided in [`crate::NetError::code`].

use std::fmt;

/// A stable number for one kind of failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(u16);

impl ErrorCode {
    /// Anything without a number of its own: end of stream, malformed response, unsupported scheme.
    pub const GENERIC: Self = Self(1000);
    /// A network error below or beside TCP; also what a TLS alert from the peer gets.
    pub const NON_TCP: Self = Self(1010);
    /// The URL does not parse.
    pub const INVALID_URL: Self = Self(1020);
    /// The request did not finish within its time limit.
    pub const REQUEST_TIMEOUT: Self = Self(1050);
    /// Name resolution failed.
    pub const DNS: Self = Self(1100);
    /// The name does not exist.
    pub const DNS_NO_SUCH_HOST: Self = Self(1101);
    /// The address lies in a `blacklistIPs` range.
    pub const BLACKLISTED_IP: Self = Self(1110);
    /// The name matches a `blockHostnames` pattern.
    pub const BLOCKED_HOSTNAME: Self = Self(1111);
    /// A TCP failure without a closer description.
    pub const TCP: Self = Self(1200);
    /// Writing to a connection that the peer has closed.
    pub const TCP_BROKEN_PIPE: Self = Self(1201);
    /// An operating system error number that has no code of its own, on an open connection.
    pub const TCP_UNKNOWN_ERRNO: Self = Self(1202);
    /// Opening the connection failed.
    pub const TCP_DIAL: Self = Self(1210);
    /// Opening the connection took longer than the dial timeout.
    pub const TCP_DIAL_TIMEOUT: Self = Self(1211);
    /// Nothing listens on that address.
    pub const TCP_DIAL_REFUSED: Self = Self(1212);
    /// An operating system error number that has no code of its own, while opening the connection.
    pub const TCP_DIAL_UNKNOWN_ERRNO: Self = Self(1213);
    /// The peer reset the connection.
    pub const TCP_RESET: Self = Self(1220);
    /// A TLS failure without a closer description.
    pub const TLS: Self = Self(1300);
    /// The peer's first bytes were not a TLS record.
    pub const TLS_RECORD_HEADER: Self = Self(1301);
    /// The certificate chain ends at no trusted root.
    pub const X509_UNKNOWN_AUTHORITY: Self = Self(1310);
    /// The certificate is for another name.
    pub const X509_HOSTNAME: Self = Self(1311);
    /// An HTTP/2 failure without a closer description.
    pub const HTTP2: Self = Self(1600);
    /// The body could not be decoded as its `Content-Encoding` says, or grew past the limit while decoding.
    pub const DECOMPRESSION: Self = Self(1701);

    /// The code of a response whose status says that it failed: 1400–1499 and 1500–1599, `None` below 400.
    pub fn of_status(status: u16) -> Option<Self> {
        (400..600).contains(&status).then_some(Self(1000 + status))
    }

    /// The code of a GOAWAY frame from the peer: 1611 and on, by the number in the frame.
    pub(crate) fn of_goaway(reason: u32) -> Self {
        Self::with_reason(1610, reason)
    }

    /// The code of an HTTP/2 stream that failed: 1631 and on.
    pub(crate) fn of_stream(reason: u32) -> Self {
        Self::with_reason(1630, reason)
    }

    /// The code of an HTTP/2 connection that failed: 1651 and on.
    pub(crate) fn of_connection(reason: u32) -> Self {
        Self::with_reason(1650, reason)
    }

    /// `base` itself stands for numbers that RFC 9113 does not know.
    fn with_reason(base: u16, reason: u32) -> Self {
        let known = u16::try_from(reason).ok().filter(|reason| *reason <= 13);
        Self(known.map_or(base, |reason| base + 1 + reason))
    }

    /// The bare number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl From<ErrorCode> for u16 {
    fn from(code: ErrorCode) -> Self {
        code.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failed_statuses_have_a_code() {
        assert_eq!(ErrorCode::of_status(399), None);
        assert_eq!(ErrorCode::of_status(404).map(ErrorCode::get), Some(1404));
        assert_eq!(ErrorCode::of_status(599).map(ErrorCode::get), Some(1599));
        assert_eq!(ErrorCode::of_status(600), None);
    }

    #[test]
    fn http2_reasons_have_a_number_each() {
        assert_eq!(ErrorCode::of_goaway(0).get(), 1611);
        assert_eq!(ErrorCode::of_stream(13).get(), 1644);
        assert_eq!(ErrorCode::of_stream(14).get(), 1630);
        assert_eq!(ErrorCode::of_connection(u32::MAX).get(), 1650);
    }
}
