//! Requests of HTTP/1.1 at the front of a buffer: where each ends, and what it asks for.
//!
//! Knows only what the target needs. Start at [`Request::next`].

use std::time::Duration;

use memchr::memmem;

use crate::answer::number;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A complete request.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Request<'a> {
    /// To be counted and answered.
    Load {
        path: &'a [u8],
    },
    ReadLedger,
    TakeLedger,
    /// Where TLS is spoken.
    TlsPort,
    /// Where WebSockets are served.
    SocketsPort,
    /// What came there.
    Crowd,
    /// From now on every answer is to wait for so long.
    Delay(Duration),
    /// No answer is to leave for so long from now.
    Stall(Duration),
    /// The client means to speak HTTP/2, which begins so (RFC 9113, section 3.4).
    Http2,
    NotUnderstood,
}

impl<'a> Request<'a> {
    /// The first request, and the bytes that it takes; `None` when it is not complete.
    pub(crate) fn next(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let head = memmem::find(bytes, END_OF_HEAD)?;
        let (head, end) = (&bytes[..head], head + END_OF_HEAD.len());
        if let Some(rest) = head.strip_prefix(b"GET ") {
            let path = first_word(rest);
            let request = match path {
                b"/__ledger" => Request::ReadLedger,
                b"/__tls" => Request::TlsPort,
                b"/__sockets" => Request::SocketsPort,
                b"/__crowd" => Request::Crowd,
                _ => Request::Load { path },
            };
            return Some((request, end));
        }
        if let Some(rest) = head.strip_prefix(b"POST ") {
            let Some(length) = content_length(head) else { return Some((Request::NotUnderstood, end)) };
            let whole = end.saturating_add(length);
            return (bytes.len() >= whole).then_some((Request::Load { path: first_word(rest) }, whole));
        }
        let delay = || millis(head.strip_prefix(b"PUT /__delay/")?).map(Request::Delay);
        let stall = || millis(head.strip_prefix(b"PUT /__stall/")?).map(Request::Stall);
        let request = match head {
            b"PRI * HTTP/2.0" => Request::Http2,
            _ if head.starts_with(b"DELETE /__ledger ") => Request::TakeLedger,
            _ => delay().or_else(stall).unwrap_or(Request::NotUnderstood),
        };
        Some((request, end))
    }
}

fn first_word(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == b' ').next().unwrap_or_default()
}

fn content_length(head: &[u8]) -> Option<usize> {
    let mut lines = head.split(|&byte| byte == b'\n');
    lines.find_map(|line| {
        let (name, value) = line.split_at_checked(b"content-length:".len())?;
        name.eq_ignore_ascii_case(b"content-length:").then(|| number(value.trim_ascii()))?
    })
}

/// The number at the front, up to a blank.
fn millis(rest: &[u8]) -> Option<Duration> {
    let number = u16::try_from(number(first_word(rest))?).ok()?;
    Some(Duration::from_millis(number.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str) -> Option<(Request<'_>, usize)> {
        Request::next(text.as_bytes())
    }

    #[test]
    fn a_request_ends_where_its_head_and_its_body_end() {
        let two = "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        assert_eq!(next(two), Some((Request::Load { path: b"/a" }, 28)));
        assert_eq!(next("GET / HTTP/1.1\r\n\r"), None);
        let post = "POST /p HTTP/1.1\r\ncontent-LENGTH: 3\r\n\r\n";
        assert_eq!(next(&format!("{post}ab")), None);
        assert_eq!(next(&format!("{post}abcGET")), Some((Request::Load { path: b"/p" }, post.len() + 3)));
        assert_eq!(next("POST / HTTP/1.1\r\n\r\n"), Some((Request::NotUnderstood, 19)));
    }

    #[test]
    fn what_is_for_the_target_itself_is_told_apart() {
        let millis = Duration::from_millis;
        let cases = [
            ("GET /__ledger HTTP/1.1", Request::ReadLedger),
            ("DELETE /__ledger HTTP/1.1", Request::TakeLedger),
            ("GET /__tls HTTP/1.1", Request::TlsPort),
            ("GET /__sockets HTTP/1.1", Request::SocketsPort),
            ("GET /__crowd HTTP/1.1", Request::Crowd),
            ("PUT /__delay/200 HTTP/1.1", Request::Delay(millis(200))),
            ("PUT /__stall/1400 HTTP/1.1", Request::Stall(millis(1400))),
            ("PUT /__stall/x HTTP/1.1", Request::NotUnderstood),
            ("PUT /__delay/99999 HTTP/1.1", Request::NotUnderstood),
            ("PRI * HTTP/2.0", Request::Http2),
        ];
        for (head, expected) in cases {
            let text = format!("{head}\r\n\r\n");
            assert_eq!(next(&text), Some((expected, text.len())), "{head}");
        }
    }
}
