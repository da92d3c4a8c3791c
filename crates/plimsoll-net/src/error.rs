//! What can go wrong between a request and its response.
//!
//! One enum for the whole crate, because callers treat every failure alike: they record its [`ErrorCode`] and
//! its short message. Variants carry what the message needs. Messages are the ones k6 users have in their
//! thresholds and dashboards; where k6 has none they follow the same pattern, `<operation>: <cause>`.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use crate::error_code::ErrorCode;

/// Why an exchange has no response.
///
/// Cheap to clone: several exchanges may wait for one name lookup and share its failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The URL does not parse.
    #[error("invalid URL: parse {url:?}: {reason}")]
    InvalidUrl {
        /// The text as given.
        url: Box<str>,
        /// What is wrong with it.
        reason: Box<str>,
    },
    /// The URL parses, but its scheme is neither `http` nor `https`. Relative URLs end here with an empty
    /// scheme.
    #[error("unsupported protocol scheme {0:?}")]
    UnsupportedScheme(Box<str>),
    /// The URL names no host.
    #[error("no Host in request URL")]
    NoHost,
    /// The method is not a token.
    #[error("invalid method {0:?}")]
    InvalidMethod(Box<str>),
    /// A header name or value that cannot be sent.
    #[error("invalid header field {part} for {name:?}")]
    InvalidHeader {
        /// The header's name.
        name: Box<str>,
        /// `name` or `value`: which part is wrong.
        part: &'static str,
    },
    /// The deadline passed before the exchange was complete.
    #[error("request timeout")]
    RequestTimeout,
    /// The name does not exist.
    #[error("lookup: no such host")]
    NoSuchHost,
    /// Name resolution failed for another reason.
    #[error("lookup: {0}")]
    Lookup(Arc<str>),
    /// The address is in a blacklisted range.
    #[error("ip is blacklisted")]
    BlacklistedIp(IpAddr),
    /// The name matches a blocked pattern.
    #[error("hostname is blocked")]
    BlockedHostname(Box<str>),
    /// No connection within the dial timeout.
    #[error("dial: i/o timeout")]
    DialTimeout,
    /// The address cannot be dialed at all.
    #[error("dial: address {0}: invalid port")]
    InvalidPort(u32),
    /// The operating system reported an error.
    #[error("{operation}: {}", describe(*kind, *errno))]
    Io {
        /// What was being done.
        operation: Operation,
        /// The error's kind.
        kind: io::ErrorKind,
        /// The error's number, when the operating system gave one.
        errno: Option<i32>,
    },
    /// The peer closed the connection before the first byte of its response.
    #[error("EOF")]
    Eof,
    /// The peer closed the connection in the middle of its response.
    #[error("unexpected EOF")]
    UnexpectedEof,
    /// The peer's bytes are not an HTTP/1.x response.
    #[error("malformed HTTP response: {0}")]
    Malformed(&'static str),
    /// Part of the response is larger than its limit.
    #[error("response {part} exceeds the limit of {limit} {unit}")]
    TooLarge {
        /// Which part.
        part: &'static str,
        /// The limit it exceeded.
        limit: u64,
        /// What the limit counts.
        unit: &'static str,
    },
    /// The proxy does not lead to the server.
    #[error("proxy: {0}")]
    Proxy(Box<str>),
    /// The peer does not speak TLS on that port.
    #[error("tls: first record does not look like a TLS handshake")]
    TlsRecordHeader,
    /// The peer ended the handshake with an alert.
    #[error("remote error: tls: {0}")]
    TlsAlert(Box<str>),
    /// The certificate chain ends at no trusted root.
    #[error("x509: unknown authority")]
    UnknownAuthority,
    /// The certificate is for another name.
    #[error("x509: certificate doesn't match hostname")]
    HostnameMismatch,
    /// The certificate's validity period does not include now.
    #[error("x509: certificate has expired or is not yet valid")]
    CertificateExpired,
    /// Another TLS failure.
    #[error("tls: {0}")]
    Tls(Box<str>),
    /// The peer closes the HTTP/2 connection, for this reason.
    #[error("http2: received GoAway with http2 ErrCode {}", http2_reason(*.0))]
    Http2GoAway(u32),
    /// One HTTP/2 stream was reset, by either side.
    #[error("http2: stream error with http2 ErrCode {}", http2_reason(*.0))]
    Http2Stream(u32),
    /// The peer broke the rules of HTTP/2, so the connection was closed.
    #[error("http2: connection error with http2 ErrCode {}", http2_reason(*.0))]
    Http2Connection(u32),
    /// Another HTTP/2 failure.
    #[error("http2: {0}")]
    Http2(Box<str>),
    /// The body is not what its `Content-Encoding` says, or decodes to more than the limit.
    #[error("error decompressing response body: {coding}: {reason}")]
    Decompression {
        /// The coding being undone.
        coding: &'static str,
        /// What happened.
        reason: Box<str>,
    },
}

/// What a socket was being asked to do when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Opening the connection.
    Dial,
    /// Reading from it.
    Read,
    /// Writing to it.
    Write,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dial => "dial",
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

impl NetError {
    /// The stable number of this failure.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UnsupportedScheme(_)
            | Self::NoHost
            | Self::InvalidMethod(_)
            | Self::InvalidHeader { .. }
            | Self::Eof
            | Self::UnexpectedEof
            | Self::Malformed(_)
            | Self::TooLarge { .. }
            | Self::Proxy(_)
            | Self::CertificateExpired => ErrorCode::GENERIC,
            Self::InvalidUrl { .. } => ErrorCode::INVALID_URL,
            Self::RequestTimeout => ErrorCode::REQUEST_TIMEOUT,
            Self::NoSuchHost => ErrorCode::DNS_NO_SUCH_HOST,
            Self::Lookup(_) => ErrorCode::DNS,
            Self::BlacklistedIp(_) => ErrorCode::BLACKLISTED_IP,
            Self::BlockedHostname(_) => ErrorCode::BLOCKED_HOSTNAME,
            Self::DialTimeout => ErrorCode::TCP_DIAL_TIMEOUT,
            Self::InvalidPort(_) => ErrorCode::TCP_DIAL,
            Self::Io { operation, kind, errno } => io_code(*operation, *kind, *errno),
            Self::TlsRecordHeader => ErrorCode::TLS_RECORD_HEADER,
            Self::TlsAlert(_) => ErrorCode::NON_TCP,
            Self::UnknownAuthority => ErrorCode::X509_UNKNOWN_AUTHORITY,
            Self::HostnameMismatch => ErrorCode::X509_HOSTNAME,
            Self::Tls(_) => ErrorCode::TLS,
            Self::Http2GoAway(reason) => ErrorCode::of_goaway(*reason),
            Self::Http2Stream(reason) => ErrorCode::of_stream(*reason),
            Self::Http2Connection(reason) => ErrorCode::of_connection(*reason),
            Self::Http2(_) => ErrorCode::HTTP2,
            Self::Decompression { .. } => ErrorCode::DECOMPRESSION,
        }
    }

    pub(crate) fn io(operation: Operation, error: &io::Error) -> Self {
        Self::Io { operation, kind: error.kind(), errno: error.raw_os_error() }
    }

    pub(crate) fn decompression(coding: &'static str, reason: impl fmt::Display) -> Self {
        Self::Decompression { coding, reason: reason.to_string().into() }
    }
}

/// The name of an error code of RFC 9113, or its number.
fn http2_reason(reason: u32) -> String {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    let name = usize::try_from(reason).ok().and_then(|reason| NAMES.get(reason));
    name.map_or_else(|| format!("unknown error code 0x{reason:x}"), ToString::to_string)
}

fn io_code(operation: Operation, kind: io::ErrorKind, errno: Option<i32>) -> ErrorCode {
    match (operation, kind) {
        (Operation::Dial, io::ErrorKind::ConnectionRefused) => ErrorCode::TCP_DIAL_REFUSED,
        (Operation::Dial, io::ErrorKind::TimedOut) => ErrorCode::TCP_DIAL_TIMEOUT,
        (_, io::ErrorKind::ConnectionReset) => ErrorCode::TCP_RESET,
        (_, io::ErrorKind::BrokenPipe) => ErrorCode::TCP_BROKEN_PIPE,
        (Operation::Dial, _) if errno.is_some() => ErrorCode::TCP_DIAL_UNKNOWN_ERRNO,
        (Operation::Dial, _) => ErrorCode::TCP_DIAL,
        (_, _) if errno.is_some() => ErrorCode::TCP_UNKNOWN_ERRNO,
        (_, _) => ErrorCode::TCP,
    }
}

/// The cause in the words of the C library for the numbers everybody knows, so that messages are the same on
/// every system; other numbers are given with the system's own text.
fn describe(kind: io::ErrorKind, errno: Option<i32>) -> String {
    match kind {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::ConnectionReset => "connection reset by peer".into(),
        io::ErrorKind::BrokenPipe => "broken pipe".into(),
        io::ErrorKind::TimedOut => "i/o timeout".into(),
        _ => {
            errno.map_or_else(|| kind.to_string(), |number| io::Error::from_raw_os_error(number).to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_errors_are_numbered_by_operation_and_cause() {
        let cases = [
            (Operation::Dial, io::ErrorKind::ConnectionRefused, Some(111), 1212, "dial: connection refused"),
            (Operation::Dial, io::ErrorKind::TimedOut, Some(110), 1211, "dial: i/o timeout"),
            (Operation::Dial, io::ErrorKind::InvalidInput, None, 1210, "dial: invalid input parameter"),
            (
                Operation::Read,
                io::ErrorKind::ConnectionReset,
                Some(104),
                1220,
                "read: connection reset by peer",
            ),
            (
                Operation::Write,
                io::ErrorKind::ConnectionReset,
                Some(104),
                1220,
                "write: connection reset by peer",
            ),
            (Operation::Write, io::ErrorKind::BrokenPipe, Some(32), 1201, "write: broken pipe"),
            (Operation::Read, io::ErrorKind::Other, None, 1200, "read: other error"),
        ];
        for (operation, kind, errno, code, message) in cases {
            let error = NetError::Io { operation, kind, errno };
            assert_eq!((error.code().get(), error.to_string().as_str()), (code, message));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn other_errno_values_keep_the_systems_text() {
        let error = NetError::io(Operation::Dial, &io::Error::from_raw_os_error(113));
        assert_eq!(error.code(), ErrorCode::TCP_DIAL_UNKNOWN_ERRNO);
        assert_eq!(error.to_string(), "dial: No route to host (os error 113)");
        let error = NetError::io(Operation::Read, &io::Error::from_raw_os_error(113));
        assert_eq!(error.code(), ErrorCode::TCP_UNKNOWN_ERRNO);
    }
}
