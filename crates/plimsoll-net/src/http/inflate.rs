//! Undoing `Content-Encoding` while a body comes.
//!
//! For bodies without an end, such as streams of events; [`crate::http::decode`] wants the whole. Known are
//! the codings that servers use for streams: gzip and deflate.

use std::io::{self, Write};

use flate2::write::{MultiGzDecoder, ZlibDecoder};

use crate::error::NetError;
use crate::http::decode::Coding;
use crate::http::response::Headers;

/// Bytes that are decoded at once: what comes of them may be a thousand times as much.
const STEP: usize = 4096;

/// The decoder of one body.
#[derive(Debug)]
pub(crate) enum Inflater {
    /// Nothing is to be undone.
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Deflate(Box<ZlibDecoder<Vec<u8>>>),
    /// Nobody here knows how.
    Unknown(Box<str>),
}

impl Inflater {
    /// The decoder for what the headers say.
    pub(crate) fn of(headers: &Headers) -> Self {
        let name = headers.get_str("Content-Encoding").unwrap_or_default().trim();
        match Coding::named(name.as_bytes()) {
            Some(Coding::Gzip) => Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            Some(Coding::Deflate) => Self::Deflate(Box::new(ZlibDecoder::new(Vec::new()))),
            None if name.is_empty() || name.eq_ignore_ascii_case("identity") => Self::Plain,
            _ => Self::Unknown(name.into()),
        }
    }

    /// Decodes a piece, and hands on what can be known so far.
    pub(crate) fn feed(
        &mut self,
        piece: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), NetError>,
    ) -> Result<(), NetError> {
        for bytes in piece.chunks(STEP) {
            match self {
                Self::Plain => take(bytes)?,
                Self::Gzip(decoder) => {
                    write(decoder.as_mut(), bytes).map_err(|error| NetError::decompression("gzip", error))?;
                    take(&std::mem::take(decoder.get_mut()))?;
                }
                Self::Deflate(decoder) => {
                    let written = write(decoder.as_mut(), bytes);
                    written.map_err(|error| NetError::decompression("deflate", error))?;
                    take(&std::mem::take(decoder.get_mut()))?;
                }
                Self::Unknown(name) => {
                    let reason = format!("{name:?} cannot be undone while a body comes");
                    return Err(NetError::decompression("Content-Encoding", reason));
                }
            }
        }
        Ok(())
    }
}

/// Everything that is decoded lies behind the decoder then.
fn write(decoder: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    decoder.write_all(bytes)?;
    decoder.flush()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn inflater(coding: &str) -> Inflater {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
        Inflater::of(&Headers::new(Bytes::from(head), (0, 0), 17))
    }

    fn fed(inflater: &mut Inflater, bytes: &[u8]) -> Result<String, NetError> {
        let mut all = Vec::new();
        inflater.feed(bytes, |piece| {
            all.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(String::from_utf8(all).unwrap())
    }

    #[test]
    fn what_is_flushed_is_there_at_once() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let mut decoder = inflater("gzip");
        for text in ["one", "two", &"three".repeat(10_000)] {
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.flush().unwrap();
            assert_eq!(fed(&mut decoder, &std::mem::take(encoder.get_mut())).unwrap(), text);
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"text").unwrap();
        let mut decoder = inflater("Deflate");
        let pieces: String =
            encoder.finish().unwrap().chunks(1).map(|byte| fed(&mut decoder, byte).unwrap()).collect();
        assert_eq!(pieces, "text");
    }

    #[test]
    fn what_is_not_encoded_stays() {
        for coding in ["", "identity"] {
            assert_eq!(fed(&mut inflater(coding), b"text").unwrap(), "text");
        }
    }

    #[test]
    fn what_cannot_be_undone_is_told() {
        let told = |coding: &str| fed(&mut inflater(coding), b"no such coding").unwrap_err();
        assert_eq!(told("gzip").code().get(), 1701);
        assert_eq!(told("deflate").code().get(), 1701);
        assert!(told("br").to_string().contains("\"br\" cannot be undone"), "{}", told("br"));
    }

    #[test]
    fn a_bomb_is_handed_on_in_pieces() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; 6_000_000]).unwrap();
        let bomb = encoder.finish().unwrap();
        let mut most = 0;
        let fed = inflater("gzip").feed(&bomb, |piece| {
            most = most.max(piece.len());
            Ok(())
        });
        assert!(fed.is_ok() && most < 5_000_000, "{most} bytes at once");
    }
}
