//! Frames: what a record is made of. A kind, a length, a checksum of both and of the content, the content.
//!
//! ```text
//! "PLIMSOLL" version:u16 │ kind:u8 length:u32 crc:u32 content │ kind length crc content │ …
//! ```
//!
//! Integers are little-endian. The content is compressed (raw deflate). A file that was cut off, or whose
//! last blocks never reached the disk, ends with the last frame before the first one that is not whole.

use std::io::Read as _;

use flate2::{Compression, Crc, read::DeflateDecoder, write::DeflateEncoder};

/// The first bytes of a record.
pub const MAGIC: &[u8; 8] = b"PLIMSOLL";
/// Magic and version.
pub(super) const PREAMBLE: usize = MAGIC.len() + 2;
/// Kind, length, checksum.
const HEAD: usize = 9;
/// The most that one frame may hold when it is expanded; a second of a hundred thousand series is a tenth of
/// it.
const MOST: usize = 256 << 20;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Header = b'H' as isize,
    Second = b'S' as isize,
    End = b'E' as isize,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [Self::Header, Self::Second, Self::End].into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// A frame as bytes.
pub(super) fn frame(kind: Kind, content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(vec![0; HEAD], Compression::default());
    // Memory takes everything.
    let packed = std::io::Write::write_all(&mut encoder, content).and_then(|()| encoder.finish());
    let mut bytes = packed.expect("a vector can be written to");
    let length = u32::try_from(bytes.len() - HEAD).expect("a frame is much smaller than 4 GiB");
    bytes[0] = kind as u8;
    bytes[1..5].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(&bytes[..5], &bytes[HEAD..]);
    bytes[5..HEAD].copy_from_slice(&sum.to_le_bytes());
    bytes
}

fn checksum(head: &[u8], content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(head);
    crc.update(content);
    crc.sum()
}

/// One whole frame, still compressed, and how many bytes it takes.
pub(super) struct Found<'a> {
    pub(super) kind: Kind,
    pub(super) content: &'a [u8],
    pub(super) length: usize,
}

/// The frame at the beginning of these bytes; `None` when there is no whole one.
pub(super) fn next(bytes: &[u8]) -> Option<Found<'_>> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let length = u32::from_le_bytes(head[1..5].try_into().ok()?) as usize;
    let sum = u32::from_le_bytes(head[5..].try_into().ok()?);
    let content = rest.get(..length)?;
    let kind = Kind::of(head[0])?;
    (checksum(&head[..5], content) == sum).then_some(Found { kind, content, length: HEAD + length })
}

/// The most that is looked at for a whole frame behind one that is not: bytes that may be the beginning of
/// one are rare, and seconds are small.
const MOST_SEARCHED: usize = 64 << 20;

/// Whether there is a whole frame anywhere in these bytes.
pub(super) fn follows(bytes: &[u8]) -> bool {
    let mut left = MOST_SEARCHED;
    for place in 0..bytes.len().saturating_sub(HEAD) {
        let here = &bytes[place..];
        let length = u32::from_le_bytes([here[1], here[2], here[3], here[4]]) as usize;
        if Kind::of(here[0]).is_none() || length > here.len() - HEAD {
            continue;
        }
        let Some(rest) = left.checked_sub(length) else { return false };
        left = rest;
        if next(here).is_some() {
            return true;
        }
    }
    false
}

/// What a frame held before it was compressed; `None` when that is impossible or too much.
pub(super) fn expand(content: &[u8]) -> Option<Vec<u8>> {
    expand_up_to(MOST, content)
}

fn expand_up_to(most: usize, content: &[u8]) -> Option<Vec<u8>> {
    let mut expanded = Vec::new();
    DeflateDecoder::new(content).take(most as u64 + 1).read_to_end(&mut expanded).ok()?;
    (expanded.len() <= most).then_some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_whole_or_not_there() {
        let content = b"a second of a run".repeat(10);
        let bytes = frame(Kind::Second, &content);
        let found = next(&bytes).expect("whole");
        assert_eq!((found.kind, found.length), (Kind::Second, bytes.len()));
        assert_eq!(expand(found.content), Some(content));
        for length in 0..bytes.len() {
            assert!(next(&bytes[..length]).is_none(), "{length} bytes");
        }
        for place in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[place] ^= 0x10;
            assert!(next(&broken).is_none(), "byte {place}");
        }
    }

    #[test]
    fn nothing_expands_without_end() {
        let bomb = frame(Kind::Second, &[0; 10_001]);
        let content = next(&bomb).expect("whole").content;
        assert!(content.len() < 100);
        assert_eq!(expand_up_to(10_000, content), None);
        assert_eq!(expand_up_to(10_001, content).map(|bytes| bytes.len()), Some(10_001));
    }
}
