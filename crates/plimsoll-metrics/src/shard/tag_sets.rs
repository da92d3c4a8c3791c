//! The tag sets of one shard: interned, canonical, and bounded by folding.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::{FxHashSet, FxHasher};

use super::TagSetId;
use crate::tags::{Symbol, TagKey, tag};

type Pair = (TagKey, Symbol);

/// As-written sequences that are remembered per tag set on average, so that a warm lookup need not sort. A
/// call site writes its tags in one order, so a tag set has about as many spellings as the script has places
/// that record it.
const SPELLINGS: usize = 4;

/// Interned tag sets. Number 0 is the empty set.
#[derive(Debug)]
pub(super) struct TagSets {
    /// All remembered sequences, end to end.
    pairs: Vec<Pair>,
    /// Where in `pairs` each set's canonical sequence (sorted, one entry a key) stands.
    sets: Vec<Span>,
    /// From a sequence, canonical or as written, to its set.
    index: HashTable<(Span, TagSetId)>,
    pinned: FxHashSet<Pair>,
    cap: usize,
    folds: u64,
    scratch: Vec<Pair>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    len: u32,
}

impl Span {
    fn of(self, pairs: &[Pair]) -> &[Pair] {
        &pairs[self.start as usize..][..self.len as usize]
    }
}

impl TagSets {
    pub(super) fn new(cap: usize, pinned: FxHashSet<Pair>) -> Self {
        let (pairs, sets, index, scratch) = (Vec::new(), Vec::new(), HashTable::new(), Vec::new());
        let mut empty = Self { pairs, sets, index, pinned, cap, folds: 0, scratch };
        empty.insert(&[]);
        empty
    }

    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(super) fn get(&self, id: TagSetId) -> &[Pair] {
        self.sets[id.0 as usize].of(&self.pairs)
    }

    pub(super) fn folds(&self) -> u64 {
        self.folds
    }

    pub(super) fn is_folded(&self, id: TagSetId) -> bool {
        // Canonical sets are sorted by key, and the overflow key is looked for in at most a dozen entries.
        self.get(id).iter().any(|(key, _)| *key == tag::OVERFLOW)
    }

    #[inline]
    pub(super) fn intern(&mut self, tags: &[Pair]) -> TagSetId {
        match self.find(tags) {
            Some(id) => id,
            None => self.intern_new(tags),
        }
    }

    #[cold]
    fn intern_new(&mut self, tags: &[Pair]) -> TagSetId {
        let mut canonical = self.take_scratch();
        canonicalise(tags, &mut canonical);
        let id = match self.find(&canonical) {
            Some(id) => {
                self.remember_spelling(tags, id);
                id
            }
            None if self.has_room() && !has_overflow(&canonical) => {
                let id = self.insert(&canonical);
                self.remember_spelling(tags, id);
                id
            }
            None => self.fold(&mut canonical),
        };
        self.return_scratch(canonical);
        id
    }

    fn has_room(&self) -> bool {
        self.sets.len() <= self.cap
    }

    /// Drops tags until the set is one that exists or may be made; see the table in the module above.
    fn fold(&mut self, tags: &mut Vec<Pair>) -> TagSetId {
        self.folds += 1;
        tags.retain(|(key, value)| {
            let few = tag::FEW_VALUED.contains(key) && *value != Symbol::OVERFLOW;
            few || self.pinned.contains(&(*key, *value))
        });
        tags.push((tag::OVERFLOW, Symbol::TRUE));
        tags.sort_unstable();
        if let Some(id) = self.find(tags) {
            return id;
        }
        if self.sets.len() < 2 * self.cap {
            return self.insert(tags);
        }
        tags.retain(|pair| pair.0 == tag::OVERFLOW || self.pinned.contains(pair));
        match self.find(tags) {
            Some(id) => id,
            None => self.insert(tags),
        }
    }

    #[inline]
    fn find(&self, tags: &[Pair]) -> Option<TagSetId> {
        let entry = self.index.find(hash(tags), |(span, _)| span.of(&self.pairs) == tags)?;
        Some(entry.1)
    }

    /// A new set of a canonical sequence.
    fn insert(&mut self, canonical: &[Pair]) -> TagSetId {
        let id = TagSetId(u32::try_from(self.sets.len()).expect("capped far below 2^32"));
        let span = self.remember(canonical, id);
        self.sets.push(span);
        id
    }

    fn remember_spelling(&mut self, tags: &[Pair], id: TagSetId) {
        if self.index.len() < SPELLINGS * self.cap && self.find(tags).is_none() {
            self.remember(tags, id);
        }
    }

    fn remember(&mut self, tags: &[Pair], id: TagSetId) -> Span {
        let number = |n: usize| u32::try_from(n).expect("sets, spellings and keys are capped");
        let span = Span { start: number(self.pairs.len()), len: number(tags.len()) };
        self.pairs.extend_from_slice(tags);
        let Self { pairs, index, .. } = self;
        index.insert_unique(hash(tags), (span, id), |(span, _)| hash(span.of(pairs)));
        span
    }

    /// An empty buffer, to be given back for the next time.
    pub(super) fn take_scratch(&mut self) -> Vec<Pair> {
        std::mem::take(&mut self.scratch)
    }

    pub(super) fn return_scratch(&mut self, mut buffer: Vec<Pair>) {
        buffer.clear();
        // Nested use makes a second buffer; the larger one stays.
        if buffer.capacity() > self.scratch.capacity() {
            self.scratch = buffer;
        }
    }
}

fn has_overflow(tags: &[Pair]) -> bool {
    tags.iter().any(|(key, value)| *key == tag::OVERFLOW || *value == Symbol::OVERFLOW)
}

/// Sorts by key and keeps the last of the entries with one key.
fn canonicalise(tags: &[Pair], canonical: &mut Vec<Pair>) {
    canonical.extend(tags.iter().rev());
    canonical.sort_by_key(|(key, _)| *key);
    canonical.dedup_by_key(|(key, _)| *key);
}

#[inline]
fn hash(tags: &[Pair]) -> u64 {
    let mut hasher = FxHasher::default();
    for (key, value) in tags {
        hasher.write_u64(u64::from(key.0) << 32 | u64::from(value.0));
    }
    hasher.finish()
}
