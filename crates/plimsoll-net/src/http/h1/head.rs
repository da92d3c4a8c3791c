//! The head of a response: status line and header fields, and what they say about the body.

use std::mem::MaybeUninit;

use bytes::Bytes;

use crate::error::NetError;
use crate::http::response::{Headers, Protocol};

/// More fields than any sane server sends. The table for them is on the stack, uninitialised.
const MAX_FIELDS: usize = 256;

/// A complete head, found at the start of some bytes.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) protocol: Protocol,
    pub(super) keep_alive: bool,
    pub(super) framing: Framing,
    /// How many bytes it takes.
    pub(super) length: usize,
    reason: (u32, u32),
    fields_at: u32,
}

/// How the end of the body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// What the fields say, collected in one pass.
#[derive(Default)]
struct Fields {
    content_length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
}

/// Parses the head that `input` starts with; `None` if it is not complete yet.
pub(super) fn parse(input: &[u8], answers_head: bool) -> Result<Option<Head>, NetError> {
    if matches!(input.first(), Some(b'\r' | b'\n')) {
        return Err(NetError::Malformed("empty status line"));
    }
    let mut table = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let outcome = httparse::ParserConfig::default()
        .parse_response_with_uninit_headers(&mut parsed, input, &mut table)
        .map_err(malformed)?;
    let httparse::Status::Complete(length) = outcome else {
        return Ok(None);
    };
    let status = parsed.code.unwrap_or_default();
    let protocol = if parsed.version == Some(0) { Protocol::Http10 } else { Protocol::Http11 };
    let fields = Fields::collect(parsed.headers, protocol)?;
    let framing = fields.framing(status, answers_head);
    Ok(Some(Head {
        status,
        protocol,
        keep_alive: fields.keeps_connection(protocol) && framing != Framing::UntilClose && status != 101,
        framing,
        length,
        reason: position(input, parsed.reason.unwrap_or_default()),
        fields_at: line_length(input),
    }))
}

impl Head {
    /// The header fields; `head` is what was parsed.
    pub(super) fn headers(&self, head: &[u8]) -> Headers {
        Headers::new(Bytes::copy_from_slice(&head[..self.length]), self.reason, self.fields_at)
    }

    /// Whether another response follows this one. 101 does end the exchange: what follows is no longer HTTP.
    pub(super) fn is_informational(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}

impl Fields {
    fn collect(headers: &[httparse::Header<'_>], protocol: Protocol) -> Result<Self, NetError> {
        let mut fields = Self::default();
        for header in headers {
            // Names of other lengths cannot be any of these; most fields are dismissed without looking at a
            // letter.
            match header.name.len() {
                14 if header.name.eq_ignore_ascii_case("content-length") => {
                    let length = parse_length(header.value)?;
                    if fields.content_length.is_some_and(|other| other != length) {
                        return Err(NetError::Malformed("conflicting Content-Length fields"));
                    }
                    fields.content_length = Some(length);
                }
                17 if header.name.eq_ignore_ascii_case("transfer-encoding")
                    && protocol == Protocol::Http11 =>
                {
                    if fields.chunked || !header.value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                        return Err(NetError::Malformed("unsupported transfer encoding"));
                    }
                    fields.chunked = true;
                }
                10 if header.name.eq_ignore_ascii_case("connection") => fields.connection(header.value),
                _ => {}
            }
        }
        Ok(fields)
    }

    fn connection(&mut self, value: &[u8]) {
        for option in value.split(|&byte| byte == b',') {
            self.close |= option.trim_ascii().eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.trim_ascii().eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn framing(&self, status: u16, answers_head: bool) -> Framing {
        if answers_head || status < 200 || status == 204 || status == 304 {
            return Framing::Length(0);
        }
        match (self.chunked, self.content_length) {
            (true, _) => Framing::Chunked,
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::UntilClose,
        }
    }

    fn keeps_connection(&self, protocol: Protocol) -> bool {
        !self.close && (protocol == Protocol::Http11 || self.keep_alive)
    }
}

/// Digits only: signs, spaces inside and lists are how request smuggling starts.
fn parse_length(value: &[u8]) -> Result<u64, NetError> {
    let digits = value.trim_ascii();
    str::from_utf8(digits)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or(NetError::Malformed("invalid Content-Length"))
}

fn malformed(error: httparse::Error) -> NetError {
    match error {
        httparse::Error::TooManyHeaders => {
            NetError::TooLarge { part: "head", limit: MAX_FIELDS as u64, unit: "header fields" }
        }
        httparse::Error::Version => NetError::Malformed("not an HTTP/1.x status line"),
        httparse::Error::Status => NetError::Malformed("invalid status"),
        httparse::Error::HeaderName => NetError::Malformed("invalid header name"),
        httparse::Error::HeaderValue => NetError::Malformed("invalid header value"),
        httparse::Error::NewLine | httparse::Error::Token => NetError::Malformed("invalid byte in head"),
    }
}

/// Where `part`, which points into `whole`, begins and ends.
fn position(whole: &[u8], part: &str) -> (u32, u32) {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    if part.is_empty() || start + part.len() > whole.len() {
        return (0, 0);
    }
    (bounded(start), bounded(start + part.len()))
}

/// The first line with its end.
fn line_length(input: &[u8]) -> u32 {
    bounded(memchr::memchr(b'\n', input).map_or(input.len(), |at| at + 1))
}

fn bounded(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Option<Head>, NetError> {
        parse(text.as_bytes(), false)
    }

    fn framing(fields: &str) -> Result<(Framing, bool), NetError> {
        let parsed = head(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"))?.expect("complete");
        Ok((parsed.framing, parsed.keep_alive))
    }

    #[test]
    fn fields_decide_framing_and_reuse() {
        assert_eq!(framing("Content-Length: 5\r\n"), Ok((Framing::Length(5), true)));
        assert_eq!(framing("content-length: 5\r\nContent-Length:5\r\n"), Ok((Framing::Length(5), true)));
        assert_eq!(
            framing("Transfer-Encoding: Chunked\r\nContent-Length: 5\r\n"),
            Ok((Framing::Chunked, true))
        );
        assert_eq!(framing("Content-Length: 5\r\nConnection: x, Close\r\n"), Ok((Framing::Length(5), false)));
        assert_eq!(framing(""), Ok((Framing::UntilClose, false)));
    }

    #[test]
    fn http_1_0_closes_unless_it_says_otherwise() {
        let reuse =
            |fields: &str| head(&format!("HTTP/1.0 200 OK\r\n{fields}\r\n")).unwrap().unwrap().keep_alive;
        assert!(!reuse("Content-Length: 1\r\n"));
        assert!(reuse("Content-Length: 1\r\nConnection: Keep-Alive\r\n"));
        assert!(
            !reuse("Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n"),
            "unknown to 1.0: until close"
        );
    }

    #[test]
    fn some_responses_have_no_body() {
        for status in [101, 204, 304] {
            let parsed = head(&format!("HTTP/1.1 {status} X\r\nContent-Length: 9\r\n\r\n")).unwrap().unwrap();
            assert_eq!(parsed.framing, Framing::Length(0), "{status}");
            assert_eq!(parsed.keep_alive, status != 101);
        }
        let to_head = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true).unwrap().unwrap();
        assert_eq!(to_head.framing, Framing::Length(0));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "SSH-2.0-OpenSSH_9.6\r\n",
            "\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA B: c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        ] {
            assert!(matches!(head(text), Err(NetError::Malformed(_))), "{text:?}: {:?}", head(text));
        }
    }

    #[test]
    fn the_number_of_fields_is_bounded() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MAX_FIELDS + 1));
        assert!(matches!(head(&many), Err(NetError::TooLarge { unit: "header fields", .. })));
    }

    #[test]
    fn headers_are_found_again_in_the_bytes() {
        let text = "HTTP/1.1 404 Not  Found\r\nServer:x\r\nset-cookie: a=b: c \nEmpty:\r\n\r\nbody";
        let parsed = head(text).unwrap().unwrap();
        let headers = parsed.headers(text.as_bytes());
        let fields: Vec<_> =
            headers.iter().map(|(name, value)| (name, str::from_utf8(value).unwrap())).collect();
        assert_eq!(fields, [("Server", "x"), ("set-cookie", "a=b: c"), ("Empty", "")]);
        assert_eq!(&text[parsed.length..], "body");
        assert_eq!(headers.reason(), "Not  Found");
        assert_eq!((headers.get("SERVER"), headers.get("none")), (Some(&b"x"[..]), None));
    }
}
