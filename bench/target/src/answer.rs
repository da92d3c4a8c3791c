//! What requests are answered with.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bytes::Bytes;

/// What everything but `/bytes/…` is answered with: 60 bytes of JSON.
pub(crate) const SMALL: &[u8] =
    b"{\"id\":42,\"name\":\"plimsoll\",\"status\":\"ok\",\"tags\":[\"a\",\"bcd\"]}";

/// The largest body that can be asked for.
const BYTES_MAX: usize = 64 << 20;

/// Bodies by their size, made when they are first asked for.
#[derive(Default)]
pub(crate) struct Bodies(RefCell<BTreeMap<usize, Bytes>>);

impl Bodies {
    /// The body for a path.
    pub(crate) fn of(&self, path: &[u8]) -> Bytes {
        let Some(size) = path.strip_prefix(b"/bytes/").and_then(number) else {
            return Bytes::from_static(SMALL);
        };
        let size = size.min(BYTES_MAX);
        self.0.borrow_mut().entry(size).or_insert_with(|| vec![b'x'; size].into()).clone()
    }
}

/// The whole answer in HTTP/1.1, behind what `out` holds already. `Connection` is spelled out for HTTP/1.0
/// clients such as `ab`.
pub(crate) fn append(out: &mut Vec<u8>, body: &[u8]) {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n\
        Content-Length: ";
    out.extend_from_slice(HEAD);
    out.extend_from_slice(body.len().to_string().as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(body);
}

/// A number in decimal digits.
pub(crate) fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_declare_their_length() {
        let mut out = b"before ".to_vec();
        append(&mut out, SMALL);
        let text = String::from_utf8(out).expect("ascii");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(
            head.starts_with("before HTTP/1.1 200 OK\r\n") && head.ends_with("Content-Length: 60"),
            "{head}"
        );
        assert_eq!(body.len(), 60);
    }

    #[test]
    fn sizes_are_asked_for_by_path() {
        let bodies = Bodies::default();
        assert_eq!(bodies.of(b"/bytes/10240").len(), 10_240);
        assert_eq!(bodies.of(b"/bytes/999999999999").len(), BYTES_MAX);
        for path in ["/", "/bytes/", "/bytes/x", "/byte/1"] {
            assert_eq!(bodies.of(path.as_bytes()), SMALL, "{path}");
        }
    }
}
