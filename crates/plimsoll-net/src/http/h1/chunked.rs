//! The chunked transfer coding, decoded as it arrives.
//!
//! ```text
//! SizeLine --hex, ext, LF--> Data(n) --n bytes--> DataEnd --[CR] LF--> SizeLine
//!     '------ size 0 ------> Trailers --empty line--> Done
//! ```
//!
//! Extensions and trailers are skipped; their total size per line and per body is bounded.

use crate::error::NetError;

/// Bytes of a chunk-size line, extensions included.
const SIZE_LINE_LIMIT: u32 = 4096;

#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    trailer_limit: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    SizeLine { size: Option<u64>, digits_over: bool, length: u32 },
    Data { left: u64 },
    DataEnd,
    Trailers { line_length: u32, total: u32 },
    Done,
}

const START_OF_SIZE: State = State::SizeLine { size: None, digits_over: false, length: 0 };

impl Chunked {
    pub(super) fn new(trailer_limit: usize) -> Self {
        Self { state: START_OF_SIZE, trailer_limit: u32::try_from(trailer_limit).unwrap_or(u32::MAX) }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Consumes framing from the front of `input` up to the next data, and returns that data. An empty result
    /// means that the input is used up or the body is done.
    pub(super) fn next_data<'a>(&mut self, input: &mut &'a [u8]) -> Result<&'a [u8], NetError> {
        while let Some((&byte, rest)) = input.split_first() {
            self.state = match self.state {
                State::Data { left } => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let data;
                    (data, *input) = input.split_at(length);
                    let left = left - length as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data { left } };
                    return Ok(data);
                }
                State::Done => break,
                State::SizeLine { size, digits_over, length } => size_line(byte, size, digits_over, length)?,
                State::DataEnd => match byte {
                    b'\r' => State::DataEnd,
                    b'\n' => START_OF_SIZE,
                    _ => return Err(NetError::Malformed("chunk longer than its size")),
                },
                State::Trailers { line_length, total } => self.trailer(byte, line_length, total)?,
            };
            *input = rest;
        }
        Ok(&[])
    }

    fn trailer(&self, byte: u8, line_length: u32, total: u32) -> Result<State, NetError> {
        if total >= self.trailer_limit {
            return Err(NetError::TooLarge {
                part: "trailer",
                limit: self.trailer_limit.into(),
                unit: "bytes",
            });
        }
        Ok(match byte {
            b'\n' if line_length == 0 => State::Done,
            b'\n' => State::Trailers { line_length: 0, total: total + 1 },
            b'\r' => State::Trailers { line_length, total: total + 1 },
            _ => State::Trailers { line_length: line_length + 1, total: total + 1 },
        })
    }
}

fn size_line(byte: u8, size: Option<u64>, digits_over: bool, length: u32) -> Result<State, NetError> {
    const INVALID: NetError = NetError::Malformed("invalid chunk size");
    if length >= SIZE_LINE_LIMIT {
        return Err(NetError::TooLarge {
            part: "chunk size line",
            limit: SIZE_LINE_LIMIT.into(),
            unit: "bytes",
        });
    }
    let length = length + 1;
    let digit = (byte as char).to_digit(16);
    match (digit, byte) {
        _ if digits_over && byte != b'\n' => Ok(State::SizeLine { size, digits_over, length }),
        (Some(digit), _) => {
            let size = size.unwrap_or(0);
            let longer = size.checked_mul(16).ok_or(INVALID)? + u64::from(digit);
            Ok(State::SizeLine { size: Some(longer), digits_over, length })
        }
        (None, b'\n') => match size.ok_or(INVALID)? {
            0 => Ok(State::Trailers { line_length: 0, total: 0 }),
            left => Ok(State::Data { left }),
        },
        (None, b';' | b' ' | b'\t' | b'\r') if size.is_some() => {
            Ok(State::SizeLine { size, digits_over: true, length })
        }
        _ => Err(INVALID),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(mut input: &[u8]) -> Result<(Vec<u8>, bool, Vec<u8>), NetError> {
        let mut chunked = Chunked::new(64);
        let mut body = Vec::new();
        while !input.is_empty() && !chunked.is_done() {
            body.extend_from_slice(chunked.next_data(&mut input)?);
        }
        Ok((body, chunked.is_done(), input.to_vec()))
    }

    #[test]
    fn chunks_are_joined() {
        let whole = |body: &[u8]| Ok((body.to_vec(), true, Vec::new()));
        assert_eq!(decode(b"5\r\nhello\r\n6;ext=\"x\"\r\n world\r\n0\r\n\r\n"), whole(b"hello world"));
        assert_eq!(decode(b"00A\nhellohello\n0\nTrailer: x\r\nB: y\n\n"), whole(b"hellohello"));
        assert_eq!(decode(b"0\r\n\r\n"), whole(b""));
    }

    #[test]
    fn what_follows_is_left_alone() {
        assert_eq!(decode(b"1\r\nx\r\n0\r\n\r\nHTTP/1.1").unwrap().2, b"HTTP/1.1");
    }

    #[test]
    fn half_a_body_is_not_done() {
        assert_eq!(decode(b"5\r\nhel"), Ok((b"hel".to_vec(), false, Vec::new())));
    }

    #[test]
    fn bad_framing_is_refused() {
        for input in
            [&b"\r\n"[..], b"x\r\n", b"-1\r\n", b"10000000000000000\r\n", b"1\r\nxy\r\n", b";\r\n", b"1 2\r"]
        {
            let result = decode(input);
            if input == b"1 2\r" {
                assert!(result.is_ok(), "garbage after the size is an extension");
            } else {
                assert!(matches!(result, Err(NetError::Malformed(_))), "{input:?}: {result:?}");
            }
        }
    }

    #[test]
    fn lines_and_trailers_are_bounded() {
        let long_extension = [b"1;".as_slice(), &[b'x'; 5000]].concat();
        let long_trailer = [b"0\r\n".as_slice(), &[b'x'; 100]].concat();
        for input in [long_extension, long_trailer] {
            assert!(matches!(decode(&input), Err(NetError::TooLarge { .. })));
        }
    }
}
