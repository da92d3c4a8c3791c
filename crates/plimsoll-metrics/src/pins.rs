//! The tag values that threshold selectors mention.
//!
//! `http_req_duration{url:http://x/tickets/7}` must be judged on exactly the samples with that URL, although
//! series are keyed by templates and tag sets fold past the cap. So the pairs that any selector names are
//! *pinned*: the script layer keeps a pinned raw value as it is, and folding keeps pinned pairs.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::tags::TagKey;
use crate::threshold::Selector;

/// The (tag, value) pairs that threshold selectors mention.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    by_tag: FxHashMap<String, FxHashSet<String>>,
}

impl Pins {
    /// The pairs of all these selectors.
    #[must_use]
    pub fn new<'a>(selectors: impl IntoIterator<Item = &'a Selector>) -> Self {
        let mut pins = Self::default();
        for (name, value) in selectors.into_iter().flat_map(|selector| selector.filter().iter()) {
            pins.insert(name, value);
        }
        pins
    }

    /// Pins one more pair.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.by_tag.entry(name.to_owned()).or_default().insert(value.to_owned());
    }

    /// Whether a selector mentions this value of a well-known tag.
    #[must_use]
    pub fn contains(&self, key: TagKey, value: &str) -> bool {
        key.well_known().is_some_and(|name| self.contains_named(name, value))
    }

    /// Whether a selector mentions this value of any tag.
    #[must_use]
    pub fn contains_named(&self, name: &str, value: &str) -> bool {
        self.by_tag.get(name).is_some_and(|values| values.contains(value))
    }

    /// All pinned pairs, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_tag
            .iter()
            .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::tag;

    #[test]
    fn pins_are_the_pairs_of_the_selectors() {
        let selectors = ["http_reqs", "http_req_duration{url:http://x/1,team:a}"]
            .map(|text| Selector::parse(text).expect("well-formed"));
        let pins = Pins::new(&selectors);
        assert!(pins.contains(tag::URL, "http://x/1"));
        assert!(!pins.contains(tag::NAME, "http://x/1"));
        assert!(pins.contains_named("team", "a"));
        assert_eq!(pins.iter().count(), 2);
    }
}
