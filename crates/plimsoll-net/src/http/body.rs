//! Request bodies: one piece or several, sent one after the other and never joined.
//!
//! A form with a file in it is a few bytes, the file, and a few bytes; the file is in memory once, however
//! many requests send it.

use std::borrow::Cow;

use bytes::Bytes;

/// The bytes of a request's body. Cloning shares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    first: Bytes,
    rest: Vec<Bytes>,
}

impl Body {
    /// A body of pieces.
    pub fn of_pieces(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let mut pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self { first: pieces.next().unwrap_or_default(), rest: pieces.collect() }
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.pieces().map(Bytes::len).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The pieces in their order.
    pub fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The piece with that number, from 0.
    pub(crate) fn piece(&self, number: usize) -> Option<&Bytes> {
        match number {
            0 => Some(&self.first),
            number => self.rest.get(number - 1),
        }
    }

    /// All bytes in a row, copied only if there are several pieces.
    pub fn joined(&self) -> Cow<'_, [u8]> {
        if self.rest.is_empty() {
            return Cow::Borrowed(&self.first);
        }
        let mut joined = Vec::with_capacity(self.len());
        self.pieces().for_each(|piece| joined.extend_from_slice(piece));
        Cow::Owned(joined)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self { first: bytes, rest: Vec::new() }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_one_body() {
        let body = Body::of_pieces(["ab", "", "c"].map(Bytes::from));
        assert_eq!((body.len(), body.pieces().count()), (3, 2));
        assert_eq!(&*body.joined(), b"abc");
        assert!(Body::of_pieces([]).is_empty() && Body::of_pieces([Bytes::new()]).is_empty());
    }
}
