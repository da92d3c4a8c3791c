//! What came back.

use std::borrow::Cow;

use bytes::Bytes;

use crate::error::NetError;
use crate::http::cookies::Cookie;
use crate::http::decode;

/// The protocol that a response was received in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    #[default]
    Http11,
    /// HTTP/2
    Http2,
}

impl Protocol {
    /// The name as metrics and scripts know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2.0",
        }
    }
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code, 100–999.
    pub status: u16,
    /// The protocol of the status line.
    pub protocol: Protocol,
    /// The header fields.
    pub headers: Headers,
    /// The body, transfer coding removed; empty when there was none or it was discarded. Content codings are
    /// still on: see [`Response::decode_body`].
    pub body: Bytes,
    /// The length of the body as received, also when it was discarded.
    pub body_len: u64,
}

impl Response {
    /// The reason phrase, often empty.
    pub fn reason(&self) -> Cow<'_, str> {
        self.headers.reason()
    }

    /// Code and reason phrase as they stood in the status line: `404 Not Found`.
    pub fn status_text(&self) -> String {
        format!("{} {}", self.status, self.reason()).trim_end().to_owned()
    }

    /// The cookies that the response sets. Fields that are no cookies are skipped.
    pub fn cookies(&self) -> impl Iterator<Item = Cookie> {
        self.headers.get_all("Set-Cookie").filter_map(|value| Cookie::parse(str::from_utf8(value).ok()?))
    }

    /// Undoes the codings named in `Content-Encoding` (gzip, deflate, br, zstd; others are left alone),
    /// replacing [`body`](Self::body). `limit` bounds the decoded size.
    pub fn decode_body(&mut self, limit: usize) -> Result<(), NetError> {
        if let Some(decoded) = decode::decode(&self.headers, &self.body, limit)? {
            self.body = decoded;
        }
        Ok(())
    }
}

/// The header fields of a response, in the order and case in which they were received.
///
/// They are the received bytes themselves; iterating splits them again, which is cheaper than remembering
/// where each field is. The codec lets only well-formed heads through, and the splitting relies on that.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    head: Bytes,
    reason: (u32, u32),
    fields_at: u32,
}

impl Headers {
    /// `head` from the status line to the empty line; `reason` is where its reason phrase is.
    pub(crate) fn new(head: Bytes, reason: (u32, u32), fields_at: u32) -> Self {
        Self { head, reason, fields_at }
    }

    pub(crate) fn reason(&self) -> Cow<'_, str> {
        let (start, end) = self.reason;
        String::from_utf8_lossy(&self.head[start as usize..end as usize])
    }

    /// Names and values. Values are bytes, because servers send anything.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head[self.fields_at as usize..].split(|&byte| byte == b'\n').filter_map(split_field)
    }

    /// The first value of that name; case does not matter.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of that name as text, if it is UTF-8.
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| str::from_utf8(value).ok())
    }

    /// All values of that name.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

fn split_field(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = str::from_utf8(&line[..colon]).ok()?;
    Some((name.trim_ascii(), line[colon + 1..].trim_ascii()))
}
