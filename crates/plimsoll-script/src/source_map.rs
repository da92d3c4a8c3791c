//! From places in generated code back to the places in what the user wrote.
//!
//! Start at [`SourceMap::original`], or with a whole stack trace at [`SourceMaps::restore`]. Lines and
//! columns count from 0 in [`Place`] and from 1 in stack traces; columns are UTF-16 units, as in all source
//! maps.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

/// A line and a column, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    /// The place of a byte.
    pub(crate) fn of_offset(text: &str, offset: usize) -> Self {
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            line: before.matches('\n').count() as u32,
            column: before[line_start..].encode_utf16().count() as u32,
        }
    }

    /// The byte at this place; the end of the line when the column is beyond it.
    pub(crate) fn offset_in(self, text: &str) -> usize {
        let mut lines = text.split_inclusive('\n');
        let start: usize = lines.by_ref().take(self.line as usize).map(str::len).sum();
        let mut column = 0;
        let inside = lines.next().unwrap_or_default().char_indices().find(|(_, character)| {
            let found = column >= self.column || *character == '\n';
            column += character.len_utf16() as u32;
            found
        });
        inside.map_or(text.len(), |(at, _)| start + at)
    }
}

/// The map of one file: where each piece of the generated code comes from, in the order of that code.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceMap(Vec<(Place, Place)>);

impl SourceMap {
    /// Pairs of generated and original places, in the order of the former.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (Place, Place)>) -> Self {
        SourceMap(pairs.into_iter().collect())
    }

    /// Where the code at a generated place was written; `None` in an empty map.
    pub(crate) fn original(&self, generated: Place) -> Option<Place> {
        let after = self.0.partition_point(|(place, _)| *place <= generated);
        let on_line = |pair: &&(Place, Place)| pair.0.line == generated.line;
        let before = after.checked_sub(1).map(|at| &self.0[at]);
        // In front of the first piece of a line, that piece is nearer than the last one of the line before.
        let pair = before.filter(on_line).or_else(|| self.0.get(after).filter(on_line)).or(before);
        pair.map(|(_, original)| *original)
    }
}

/// The maps of all files that were generated, by module.
#[derive(Debug, Default)]
pub(crate) struct SourceMaps(pub(crate) FxHashMap<String, SourceMap>);

impl SourceMaps {
    /// A frame of a stack trace, `name (file:///a.ts:1:2)`, with the place as it was written.
    pub(crate) fn restore<'a>(&self, frame: &'a str) -> Cow<'a, str> {
        if self.0.is_empty() {
            return frame.into();
        }
        self.restored(frame).map_or(frame.into(), Cow::Owned)
    }

    fn restored(&self, frame: &str) -> Option<String> {
        let (rest, end) = match frame.strip_suffix(')') {
            Some(rest) => (rest, ")"),
            None => (frame, ""),
        };
        let mut parts = rest.rsplitn(3, ':');
        let column: u32 = parts.next()?.parse().ok()?;
        let line: u32 = parts.next()?.parse().ok()?;
        let (head, module) = match parts.next()? {
            text if end.is_empty() => ("", text),
            text => text.split_at(text.rfind('(')? + 1),
        };
        let generated = Place { line: line.checked_sub(1)?, column: column.saturating_sub(1) };
        let original = self.0.get(module)?.original(generated)?;
        Some(format!("{head}{module}:{}:{}{end}", original.line + 1, original.column + 1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(line: u32, column: u32) -> Place {
        Place { line, column }
    }

    fn map() -> SourceMap {
        SourceMap::new([(place(0, 0), place(4, 2)), (place(0, 8), place(5, 0)), (place(2, 4), place(9, 1))])
    }

    #[test]
    fn the_nearest_piece_before_counts() {
        assert_eq!(map().original(place(0, 0)), Some(place(4, 2)));
        assert_eq!(map().original(place(0, 7)), Some(place(4, 2)));
        assert_eq!(map().original(place(0, 90)), Some(place(5, 0)));
        assert_eq!(map().original(place(2, 0)), Some(place(9, 1)), "the first piece of the line");
        assert_eq!(map().original(place(1, 3)), Some(place(5, 0)), "a line without pieces");
        assert_eq!(SourceMap::default().original(place(1, 3)), None);
    }

    #[test]
    fn frames_are_restored() {
        let maps = SourceMaps(FxHashMap::from_iter([("file:///a.ts".to_owned(), map())]));
        assert_eq!(maps.restore("buy (file:///a.ts:1:9)"), "buy (file:///a.ts:6:1)");
        assert_eq!(maps.restore("file:///a.ts:3:5"), "file:///a.ts:10:2");
        for other in ["buy (file:///b.js:1:9)", "get (native)", "a (file:///a.ts)", ""] {
            assert_eq!(maps.restore(other), other);
        }
    }

    proptest! {
        #[test]
        fn offsets_and_places_agree(text in "[aé🦀\n]{0,40}") {
            for (offset, _) in text.char_indices() {
                prop_assert_eq!(Place::of_offset(&text, offset).offset_in(&text), offset);
            }
        }

        #[test]
        fn any_place_is_an_offset(text in "[aé🦀\n]{0,20}", line in 0..30_u32, column in 0..30_u32) {
            prop_assert!(text.is_char_boundary(place(line, column).offset_in(&text)));
        }
    }
}
