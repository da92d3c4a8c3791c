//! One frame: its header, and the mask over what a client sends.
//!
//! ```text
//!  0                   1                   2                   3
//! +-+-+-+-+-------+-+-------------+-------------------------------+
//! |F|R|R|R| opcode|M| length 0-125|  16 bits if 126, 64 if 127    |  mask, if M
//! +-+-+-+-+-------+-+-------------+-------------------------------+
//! ```

use super::WebSocketError;

/// Bytes that a control frame may carry.
pub(super) const CONTROL_LIMIT: usize = 125;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong]
            .into_iter()
            .find(|opcode| *opcode as u8 == bits)
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 >= Opcode::Close as u8
    }
}

/// The header of a frame from a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) is_final: bool,
    /// The first of the three reserved bits: the message is compressed.
    pub(super) compressed: bool,
    pub(super) opcode: Opcode,
    /// Bytes of the header itself.
    pub(super) size: usize,
    /// Bytes that follow.
    pub(super) length: u64,
}

impl Header {
    /// The header that `bytes` begin with; `None` if there is more to come.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, WebSocketError> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let opcode = Opcode::of(first & 0x0f);
        let opcode = opcode.ok_or(WebSocketError::protocol("bad opcode"))?;
        if first & 0x30 != 0 {
            return Err(WebSocketError::protocol("reserved bits are set"));
        }
        if second & 0x80 != 0 {
            return Err(WebSocketError::protocol("a frame of the server is masked"));
        }
        let (size, length) = match (second & 0x7f, rest) {
            (126, [a, b, ..]) => (4, u64::from(u16::from_be_bytes([*a, *b]))),
            (127, [a, b, c, d, e, f, g, h, ..]) => (10, u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h])),
            (126 | 127, _) => return Ok(None),
            (length, _) => (2, length.into()),
        };
        let header =
            Header { is_final: first & 0x80 != 0, compressed: first & 0x40 != 0, opcode, size, length };
        if opcode.is_control() && (!header.is_final || length > CONTROL_LIMIT as u64 || header.compressed) {
            return Err(WebSocketError::protocol("a control frame is fragmented, compressed or too long"));
        }
        Ok(Some(header))
    }
}

/// Appends a whole message, or a control frame, as a client sends it.
pub(super) fn encode(out: &mut Vec<u8>, opcode: Opcode, compressed: bool, key: [u8; 4], payload: &[u8]) {
    out.reserve(payload.len() + 14);
    out.push(0x80 | if compressed { 0x40 } else { 0 } | opcode as u8);
    match payload.len() {
        length @ 0..=125 => out.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&key);
    let start = out.len();
    out.extend_from_slice(payload);
    mask(&mut out[start..], key);
}

/// Combines each byte with one of the key's, eight at a time.
fn mask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    rest.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> Option<(Opcode, bool, usize, u64)> {
        let header = Header::parse(bytes).unwrap();
        header.map(|header| (header.opcode, header.is_final, header.size, header.length))
    }

    #[test]
    fn headers_of_all_lengths() {
        assert_eq!(header(&[0x81, 5]), Some((Opcode::Text, true, 2, 5)));
        assert_eq!(header(&[0x02, 126, 1, 0]), Some((Opcode::Binary, false, 4, 256)));
        assert_eq!(
            header(&[0x80, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            Some((Opcode::Continuation, true, 10, 65536))
        );
        for part in [&[][..], &[0x81], &[0x81, 126], &[0x81, 126, 0], &[0x81, 127, 0, 0, 0, 0, 0, 0, 0]] {
            assert_eq!(header(part), None, "{part:?}");
        }
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        let long_ping = [0x89, 126, 0, 126];
        for bytes in [&[0x83, 0][..], &[0x91, 0], &[0x81, 0x80], &[0x09, 0], &[0xc9, 0], &long_ping] {
            assert!(matches!(Header::parse(bytes), Err(WebSocketError::Protocol(_))), "{bytes:?}");
        }
    }

    #[test]
    fn the_mask_is_the_protocols_own_example() {
        let mut out = Vec::new();
        encode(&mut out, Opcode::Text, false, [0x37, 0xfa, 0x21, 0x3d], b"Hello");
        assert_eq!(out, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn wide_masking_is_the_same_as_byte_by_byte() {
        let key = [1, 2, 3, 250];
        for length in [0, 1, 7, 8, 9, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let mut out = Vec::new();
            encode(&mut out, Opcode::Binary, true, key, &payload);
            let head = out.len() - length;
            assert_eq!(out[0], 0xc2);
            let slow: Vec<u8> = payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect();
            assert_eq!(out[head..], slow);
        }
    }
}
