//! Applying `Content-Encoding`s to a request body: the inverse of `decode`.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use ruzstd::encoding::{CompressionLevel, FrameCompressor};

use crate::http::body::Body;
use crate::http::decode::Coding;

/// Bytes compressed between two calls of the caller's `pause`.
const CHUNK: usize = 64 * 1024;
/// What brotli calls its buffer, quality and window; the middle, as servers choose it.
const BROTLI: (usize, u32, u32) = (4096, 6, 22);

/// A coding that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown compression algorithm {0:?}, supported algorithms are gzip, deflate, zstd and br")]
pub struct UnknownCoding(Box<str>);

/// Applies the codings of a list such as `gzip, br` in their order. `pause` is called now and then while
/// that goes on, since it takes long for large bodies.
///
/// # Errors
/// When the list names something else than a coding.
pub fn encode(list: &str, body: &Body, mut pause: impl FnMut()) -> Result<Body, UnknownCoding> {
    let unknown = |name: &&str| UnknownCoding((*name).into());
    let names = list.split(',').map(str::trim);
    let codings = names.map(|name| Coding::named(name.as_bytes()).ok_or_else(|| unknown(&name)));
    let codings = codings.collect::<Result<Vec<_>, _>>()?;
    let mut body = body.clone();
    for coding in codings {
        body = Bytes::from(apply(coding, &body, &mut pause)).into();
    }
    Ok(body)
}

fn apply(coding: Coding, body: &Body, pause: &mut dyn FnMut()) -> Vec<u8> {
    let written = match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            write_all(&mut encoder, body, pause).and_then(|()| encoder.finish())
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            write_all(&mut encoder, body, pause).and_then(|()| encoder.finish())
        }
        Coding::Brotli => {
            let (buffer, quality, window) = BROTLI;
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), buffer, quality, window);
            write_all(&mut encoder, body, pause).map(|()| encoder.into_inner())
        }
        Coding::Zstd => {
            let mut encoder = FrameCompressor::new(CompressionLevel::Fastest);
            let mut output = Vec::new();
            let pieces = body.pieces().map(|piece| &**piece).collect();
            encoder.set_source(Pausing { pieces, pause });
            encoder.set_drain(&mut output);
            encoder.compress();
            drop(encoder);
            Ok(output)
        }
    };
    written.expect("writing to memory cannot fail")
}

fn write_all(encoder: &mut impl Write, body: &Body, pause: &mut dyn FnMut()) -> io::Result<()> {
    for chunk in body.pieces().flat_map(|piece| piece.chunks(CHUNK)) {
        encoder.write_all(chunk)?;
        pause();
    }
    encoder.flush()
}

/// A body that is read, with a pause after each chunk.
struct Pausing<'a> {
    pieces: std::collections::VecDeque<&'a [u8]>,
    pause: &'a mut dyn FnMut(),
}

impl Read for Pausing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.pieces.front_mut() {
            if piece.is_empty() {
                self.pieces.pop_front();
                continue;
            }
            let limit = into.len().min(CHUNK);
            let read = piece.read(&mut into[..limit])?;
            (self.pause)();
            return Ok(read);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::decode;
    use crate::http::response::Headers;

    fn decoded(list: &str, bytes: &Bytes) -> Bytes {
        let line = "HTTP/1.1 200 OK\r\n";
        let head = format!("{line}Content-Encoding: {list}\r\n\r\n");
        let headers = Headers::new(head.into(), (0, 0), u32::try_from(line.len()).unwrap());
        decode::decode(&headers, bytes, 1 << 30).unwrap().unwrap_or_else(|| bytes.clone())
    }

    const LISTS: &[&str] = &["gzip", "deflate", "br", "zstd", "gzip, br", "zstd,deflate,gzip"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_encoded_can_be_decoded(
            words in prop::collection::vec("[a-d]{0,9}|.{0,3}", 1..4_000),
            cut in 0_usize..9_000,
            list in prop::sample::select(LISTS),
        ) {
            let text = Bytes::from(words.concat());
            let cut = cut.min(text.len());
            let body = Body::of_pieces([text.slice(..cut), text.slice(cut..)]);
            let encoded = encode(list, &body, || ()).unwrap();
            prop_assert_eq!(decoded(list, &Bytes::from(encoded.joined().into_owned())), text);
        }
    }

    #[test]
    fn large_bodies_are_paused_for_and_unknown_codings_are_named() {
        let body = Body::from(Bytes::from(vec![7; 10 * CHUNK]));
        for list in ["gzip", "deflate", "br", "zstd"] {
            let mut pauses = 0;
            let encoded = encode(list, &body, || pauses += 1).unwrap();
            assert!(pauses >= 5 && encoded.len() < body.len() / 10, "{list}: {pauses}, {}", encoded.len());
        }
        let error = encode("gzip, lzw", &body, || ()).unwrap_err();
        assert!(error.to_string().contains("\"lzw\""), "{error}");
        assert!(encode("", &body, || ()).is_err());
    }
}
