//! Tags: interned numbers on the write side, strings on the read side.
//!
//! A shard hands out [`TagKey`]s and [`Symbol`]s, so that recording compares and hashes small integers.
//! [`Tags`] is what an aggregate, an output or a report sees: names and values, sorted by name.

use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// An interned tag name. Those in [`mod@tag`] are the same in every shard; others belong to the shard that
/// made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagKey(pub(crate) u32);

/// An interned tag value. The constants here are the same in every shard; others belong to the shard that
/// made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    /// The empty string: the root group.
    pub const EMPTY: Self = Self(0);
    /// `"true"`.
    pub const TRUE: Self = Self(1);
    /// `"false"`.
    pub const FALSE: Self = Self(2);
    /// Stands for every value that came after the shard's limit of distinct values.
    pub const OVERFLOW: Self = Self(3);

    pub(crate) const FIXED: [&'static str; 4] = ["", "true", "false", "__overflow__"];
}

impl TagKey {
    /// The name of a well-known key; `None` for a key that a shard made.
    #[must_use]
    pub fn well_known(self) -> Option<&'static str> {
        tag::NAMES.get(self.0 as usize).copied()
    }
}

/// The well-known tag keys.
pub mod tag {
    use super::TagKey;

    macro_rules! keys {
        ($($(#[$doc:meta])* $constant:ident = $name:literal;)+) => {
            #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "it numbers the list")]
            enum Index { $($constant),+ }

            $($(#[$doc])* pub const $constant: TagKey = TagKey(Index::$constant as u32);)+

            pub(crate) const NAMES: &[&str] = &[$($name),+];
        };
    }

    keys! {
        /// HTTP or gRPC method.
        METHOD = "method";
        /// The request's URL; in series its template.
        URL = "url";
        /// The endpoint's name.
        NAME = "name";
        /// Status code as text, `"0"` for a transport error.
        STATUS = "status";
        /// `HTTP/1.1`, `HTTP/2.0`.
        PROTO = "proto";
        /// WebSocket subprotocol.
        SUBPROTO = "subproto";
        /// Group path: `""` at the root, else `::outer::inner`.
        GROUP = "group";
        /// The scenario's name; absent in setup and teardown.
        SCENARIO = "scenario";
        /// The check's name.
        CHECK = "check";
        /// Short error message.
        ERROR = "error";
        /// k6's error code as text.
        ERROR_CODE = "error_code";
        /// `tls1.3`, …
        TLS_VERSION = "tls_version";
        /// Whether the response callback expected this response: `"true"` or `"false"`.
        EXPECTED_RESPONSE = "expected_response";
        /// gRPC service.
        SERVICE = "service";
        /// Remote address.
        IP = "ip";
        /// OCSP stapling status.
        OCSP_STATUS = "ocsp_status";
        /// VU number; goes to sample metadata, never to series.
        VU = "vu";
        /// Iteration number; goes to sample metadata, never to series.
        ITER = "iter";
        /// Present on series that collect what came after the limit of distinct tag sets.
        OVERFLOW = "__overflow__";
    }

    /// Keys that take few values by nature; the first stage of folding keeps them.
    pub(crate) const FEW_VALUED: [TagKey; 9] =
        [METHOD, STATUS, PROTO, GROUP, SCENARIO, CHECK, ERROR_CODE, TLS_VERSION, EXPECTED_RESPONSE];
}

/// A set of tags as names and values, sorted by name. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Tags(Arc<[(Arc<str>, Arc<str>)]>);

impl Tags {
    /// Sorts the pairs by name. Of two pairs with the same name the later one wins.
    #[must_use]
    pub fn new(mut pairs: Vec<(Arc<str>, Arc<str>)>) -> Self {
        // The stable sort keeps equal names in order; reversed, the first of a run is the last one given.
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, kept| later.0 == kept.0);
        Self(pairs.into())
    }

    /// The value of a tag.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(key, _)| (**key).cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// The value of a well-known tag.
    #[must_use]
    pub fn value(&self, key: TagKey) -> Option<&str> {
        self.get(key.well_known()?)
    }

    /// Names and values in order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there is no tag.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Tags {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        Self::new(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_pairs(f, self.iter())
    }
}

/// A condition on tags: every pair must be there with exactly that value. Sorted, so that two spellings are
/// one filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TagFilter(Vec<(String, String)>);

impl TagFilter {
    /// A filter of those pairs; without any it matches everything.
    #[must_use]
    pub fn new(mut pairs: Vec<(String, String)>) -> Self {
        pairs.sort();
        pairs.dedup();
        Self(pairs)
    }

    /// Whether these tags have every pair of the filter.
    #[must_use]
    pub fn matches(&self, tags: &Tags) -> bool {
        self.0.iter().all(|(name, value)| tags.get(name) == Some(value))
    }

    /// Names and values in order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether the filter matches everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for TagFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_pairs(f, self.iter())
    }
}

fn write_pairs<'a>(
    f: &mut fmt::Formatter<'_>,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> fmt::Result {
    for (n, (name, value)) in pairs.enumerate() {
        let comma = if n == 0 { "" } else { "," };
        write!(f, "{comma}{name}:{value}")?;
    }
    Ok(())
}

/// Strings numbered in order of first sight, up to a limit of count and bytes.
#[derive(Debug)]
pub(crate) struct Interner {
    strings: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, u32>,
    bytes: usize,
    limit: InternLimit,
}

/// How much an [`Interner`] may hold beyond its fixed strings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InternLimit {
    pub(crate) strings: usize,
    pub(crate) bytes: usize,
}

impl Interner {
    pub(crate) fn new(fixed: &[&str], limit: InternLimit) -> Self {
        let mut interner = Self { strings: Vec::new(), numbers: FxHashMap::default(), bytes: 0, limit };
        for name in fixed {
            interner.push(name);
        }
        interner
    }

    /// The number of a string; `None` when it is new and the limit is reached.
    pub(crate) fn intern(&mut self, text: &str) -> Option<u32> {
        if let Some(number) = self.numbers.get(text) {
            return Some(*number);
        }
        let full = self.strings.len() >= self.limit.strings || self.bytes + text.len() > self.limit.bytes;
        if full { None } else { Some(self.push(text)) }
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.numbers.contains_key(text)
    }

    /// Adds a string past the limit: for the few that must never overflow.
    pub(crate) fn push(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.strings.len()).expect("InternLimit keeps the count far below 2^32");
        let text: Arc<str> = text.into();
        self.bytes += text.len();
        self.numbers.insert(Arc::clone(&text), number);
        self.strings.push(text);
        number
    }

    pub(crate) fn resolve(&self, number: u32) -> &Arc<str> {
        &self.strings[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_sorted_and_the_later_value_wins() {
        let tags = Tags::from_iter([("status", "200"), ("method", "GET"), ("status", "500")]);
        assert_eq!(tags.to_string(), "method:GET,status:500");
        assert_eq!(tags.value(tag::STATUS), Some("500"));
        assert_eq!(tags.get("url"), None);
    }

    #[test]
    fn a_filter_wants_every_pair_exactly() {
        let tags = Tags::from_iter([("a", "1"), ("b", "2")]);
        let filter = |pairs: &[(&str, &str)]| {
            TagFilter::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
        };
        assert!(filter(&[]).matches(&tags));
        assert!(filter(&[("b", "2"), ("a", "1")]).matches(&tags));
        assert!(!filter(&[("a", "1"), ("c", "")]).matches(&tags));
        assert_eq!(filter(&[("b", "2"), ("a", "1")]), filter(&[("a", "1"), ("b", "2"), ("a", "1")]));
    }

    #[test]
    fn the_interner_stops_at_its_limits_but_keeps_what_it_knows() {
        let mut interner = Interner::new(&["x"], InternLimit { strings: 3, bytes: 10 });
        assert_eq!(interner.intern("yy"), Some(1));
        assert_eq!(interner.intern("much too long"), None);
        assert_eq!(interner.intern("z"), Some(2));
        assert_eq!(interner.intern("w"), None);
        assert_eq!(interner.intern("yy"), Some(1));
        assert_eq!(interner.push("w"), 3);
        assert_eq!(&**interner.resolve(3), "w");
    }

    #[test]
    fn fixed_symbols_are_where_their_constants_say() {
        assert_eq!(Symbol::FIXED[Symbol::OVERFLOW.0 as usize], "__overflow__");
        assert_eq!(Symbol::FIXED[Symbol::TRUE.0 as usize], "true");
        assert_eq!(tag::OVERFLOW.well_known(), Some("__overflow__"));
    }
}
