//! Undoing `Content-Encoding`.
//!
//! A separate step after the exchange, so that decoding is in no timing. The codings are applied in the order
//! in which they are listed and therefore undone from the last to the first. Unknown codings end the
//! decoding: the body stays as it is from there on, as k6 leaves it.
//!
//! Every decoder is bounded by the same limit on its output, because a few kilobytes can unpack to gigabytes.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::error::NetError;
use crate::http::response::Headers;

/// More layers than anybody stacks; each costs a pass over the body.
const MAX_LAYERS: usize = 5;

/// A way to encode a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// The decoded body, or `None` if it is not encoded in a way that is known.
pub(crate) fn decode(headers: &Headers, body: &Bytes, limit: usize) -> Result<Option<Bytes>, NetError> {
    let mut decoded = None;
    if body.is_empty() {
        return Ok(None);
    }
    for coding in codings(headers).into_iter().rev().take(MAX_LAYERS) {
        let Some(coding) = coding else { break };
        let input = decoded.as_ref().unwrap_or(body);
        decoded = Some(undo(coding, input, limit)?);
    }
    Ok(decoded)
}

/// The codings in the order in which they were applied; `None` for an unknown one.
fn codings(headers: &Headers) -> Vec<Option<Coding>> {
    headers
        .get_all("Content-Encoding")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"))
        .map(Coding::named)
        .collect()
}

fn undo(coding: Coding, input: &[u8], limit: usize) -> Result<Bytes, NetError> {
    let result = match coding {
        Coding::Gzip => read_bounded(MultiGzDecoder::new(input), limit),
        // Strictly, "deflate" means zlib. Servers that send it raw are common enough; the first two bytes
        // tell.
        Coding::Deflate if is_zlib(input) => read_bounded(ZlibDecoder::new(input), limit),
        Coding::Deflate => read_bounded(DeflateDecoder::new(input), limit),
        Coding::Brotli => read_bounded(brotli_decompressor::Decompressor::new(input, 4096), limit),
        Coding::Zstd => unzstd(input, limit),
    };
    result.map_err(|error| NetError::decompression(coding.name(), error))
}

impl Coding {
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        match name.to_ascii_lowercase().as_slice() {
            b"gzip" | b"x-gzip" => Some(Self::Gzip),
            b"deflate" => Some(Self::Deflate),
            b"br" => Some(Self::Brotli),
            b"zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// RFC 1950: method 8 in the low nibble, and the two header bytes are a multiple of 31.
fn is_zlib(input: &[u8]) -> bool {
    let [first, second, ..] = *input else { return false };
    first & 0x0f == 8 && u16::from_be_bytes([first, second]) % 31 == 0
}

/// All frames of a zstd stream, one after the other.
fn unzstd(mut input: &[u8], limit: usize) -> io::Result<Bytes> {
    let mut output = Vec::new();
    let mut decoder = FrameDecoder::new();
    while !input.is_empty() {
        let frame = StreamingDecoder::new_with_decoder(&mut input, &mut decoder).map_err(io::Error::other)?;
        let left = limit - output.len();
        output.extend_from_slice(&read_bounded(frame, left)?);
    }
    Ok(output.into())
}

fn read_bounded(decoder: impl Read, limit: usize) -> io::Result<Bytes> {
    let mut output = Vec::new();
    decoder.take(limit as u64 + 1).read_to_end(&mut output)?;
    if output.len() > limit {
        return Err(io::Error::other(format!("decoded body exceeds the limit of {limit} bytes")));
    }
    Ok(output.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"a text that repeats: a text that repeats, a text that repeats";
    /// `TEXT` by the reference brotli encoder would be a fixture; this is the format's own "stored" form of
    /// "hello".
    const BROTLI_HELLO: &[u8] = &[0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];
    /// "hello" by zstd 1.5, level 3, with checksum.
    const ZSTD_HELLO: &[u8] = &[
        0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x29, 0x00, 0x00, b'h', b'e', b'l', b'l', b'o', 0xe4, 0x18, 0xd0,
        0x88,
    ];

    fn encoded(body: &[u8], coding: &str) -> (Headers, Bytes) {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
        (Headers::new(Bytes::from(head), (0, 0), 17), Bytes::copy_from_slice(body))
    }

    fn decoded(body: &[u8], coding: &str) -> Result<Option<Bytes>, NetError> {
        let (headers, body) = encoded(body, coding);
        decode(&headers, &body, 1000)
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn raw_deflate(data: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn each_coding_is_undone() {
        let text = Ok(Some(Bytes::from_static(TEXT)));
        assert_eq!(decoded(&gzip(TEXT), "gzip"), text);
        assert_eq!(decoded(&gzip(TEXT), "X-GZIP"), text);
        assert_eq!(decoded(&zlib(TEXT), "deflate"), text);
        assert_eq!(decoded(&raw_deflate(TEXT), "deflate"), text);
        assert_eq!(decoded(BROTLI_HELLO, "br"), Ok(Some(Bytes::from_static(b"hello"))));
        assert_eq!(decoded(ZSTD_HELLO, "zstd"), Ok(Some(Bytes::from_static(b"hello"))));
    }

    #[test]
    fn members_and_frames_are_joined() {
        let members = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(decoded(&members, "gzip"), Ok(Some(Bytes::from_static(b"one two"))));
        let frames = [ZSTD_HELLO, ZSTD_HELLO].concat();
        assert_eq!(decoded(&frames, "zstd"), Ok(Some(Bytes::from_static(b"hellohello"))));
    }

    #[test]
    fn layers_are_undone_from_the_last() {
        assert_eq!(decoded(&gzip(&zlib(TEXT)), "deflate, gzip"), Ok(Some(Bytes::from_static(TEXT))));
    }

    #[test]
    fn unknown_codings_are_left_alone() {
        assert_eq!(decoded(b"x", "identity"), Ok(None));
        assert_eq!(decoded(b"x", "compress"), Ok(None));
        assert_eq!(decoded(&gzip(b"x"), "compress, gzip"), Ok(Some(Bytes::from_static(b"x"))));
        assert_eq!(decoded(b"", "gzip"), Ok(None));
    }

    #[test]
    fn broken_and_oversized_bodies_fail_with_their_coding() {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let error = decoded(b"\xffthis is not compressed at all", coding).unwrap_err();
            assert_eq!(error.code().get(), 1701);
            assert!(error.to_string().contains(coding), "{error}");
        }
        let bomb = gzip(&vec![0; 1_000_000]);
        let error = decoded(&bomb, "gzip").unwrap_err();
        assert!(error.to_string().ends_with("exceeds the limit of 1000 bytes"), "{error}");
        assert!(decoded(&gzip(TEXT)[..20], "gzip").is_err(), "cut short");
    }
}
