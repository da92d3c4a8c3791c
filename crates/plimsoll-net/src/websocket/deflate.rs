//! Messages compressed one by one: RFC 7692 with `no_context_takeover` on both sides.

use std::cell::RefCell;
use std::rc::Rc;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::WebSocketError;

/// What every compressed message ends with; it is not sent.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// The least by which a buffer grows.
const GROWTH: usize = 1024;

/// One compressor and one decompressor for all connections of a worker. Cloning shares them.
#[derive(Clone, Default)]
pub struct Deflate(Rc<RefCell<Codec>>);

/// Made when they are first needed: each takes tens of kilobytes.
#[derive(Default)]
struct Codec {
    compress: Option<Compress>,
    decompress: Option<Decompress>,
}

impl std::fmt::Debug for Deflate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Deflate")
    }
}

impl Deflate {
    /// The message as it is sent.
    pub(super) fn compress(&self, message: &[u8]) -> Vec<u8> {
        let mut codec = self.0.borrow_mut();
        let compress = codec.compress.get_or_insert_with(|| Compress::new(Compression::fast(), false));
        compress.reset();
        let mut out = Vec::with_capacity(message.len() / 2 + 64);
        let mut rest = message;
        loop {
            let before = compress.total_in();
            let status = compress.compress_vec(rest, &mut out, FlushCompress::Sync);
            status.expect("a compressor without a dictionary takes everything");
            rest = &rest[(compress.total_in() - before) as usize..];
            if rest.is_empty() && out.len() < out.capacity() {
                break;
            }
            out.reserve(GROWTH.max(out.len()));
        }
        if out.ends_with(&TAIL) {
            out.truncate(out.len() - TAIL.len());
        }
        // A single empty block stands for an empty message.
        if out.is_empty() { vec![0] } else { out }
    }

    /// The message as it was before; `limit` bounds its size.
    pub(super) fn expand(&self, message: &[u8], limit: usize) -> Result<Vec<u8>, WebSocketError> {
        let mut codec = self.0.borrow_mut();
        let decompress = codec.decompress.get_or_insert_with(|| Decompress::new(false));
        decompress.reset(false);
        let mut out = Vec::new();
        for mut input in [message, &TAIL] {
            loop {
                // One byte more than is allowed, so that it shows when there is more.
                out.reserve_exact(GROWTH.max(out.len()).min(limit + 1 - out.len()));
                let before = decompress.total_in();
                let status = decompress.decompress_vec(input, &mut out, FlushDecompress::Sync);
                let broken = |_| WebSocketError::protocol("a compressed message is broken");
                let status = status.map_err(broken)?;
                let taken = (decompress.total_in() - before) as usize;
                input = &input[taken..];
                if out.len() > limit {
                    return Err(WebSocketError::TooLarge { limit });
                }
                if status == Status::StreamEnd {
                    return Ok(out);
                }
                if out.len() < out.capacity() && (input.is_empty() || taken == 0) {
                    break;
                }
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back() {
        let deflate = Deflate::default();
        let noise: Vec<u8> = (0..100_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for message in [&b""[..], b"a", b"Hello", &[7; 100_000], &noise] {
            let small = deflate.compress(message);
            assert_eq!(deflate.expand(&small, 1 << 20).unwrap(), message);
        }
        assert!(deflate.compress(&[7; 100_000]).len() < 1_000);
    }

    #[test]
    fn the_standards_examples_are_read() {
        let deflate = Deflate::default();
        let fixed = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        for message in [&fixed[..], &stored, &last] {
            assert_eq!(deflate.expand(message, 100).unwrap(), b"Hello");
        }
    }

    #[test]
    fn bombs_and_rubbish_are_refused() {
        let deflate = Deflate::default();
        let bomb = deflate.compress(&vec![0; 1_000_000]);
        let too_large = Err(WebSocketError::TooLarge { limit: 999_999 });
        assert_eq!(deflate.expand(&bomb, 999_999), too_large);
        assert_eq!(deflate.expand(&bomb, 1_000_000).unwrap().len(), 1_000_000);
        assert!(matches!(deflate.expand(&[0xff; 10], 100), Err(WebSocketError::Protocol(_))));
    }
}
