//! The write side: one shard per worker thread, no lock, no channel, no string on the recording path.
//!
//! Three steps lead from a fact to a number in memory, each cheap once it has been done before:
//! [`Shard::tag_set`] → [`Shard::series`] → [`Shard::record`]. Start from [`Shard`].
//!
//! # Limits
//!
//! Scripts can make up tags without end. A shard holds at most [`ShardConfig::max_tag_sets`] tag sets; what
//! is new after that *folds*: it is recorded under fewer tags, so that totals stay exact. Folding has two
//! stages:
//!
//! | tag sets held | a new tag set keeps |
//! |---|---|
//! | below the cap | all of its tags |
//! | from the cap on | tags of few values (method, status, check, …), pinned pairs, `__overflow__:true` |
//! | from twice the cap on | pinned pairs, `__overflow__:true` |
//!
//! Pinned pairs are those that threshold selectors mention ([`Pins`]), so thresholds stay exact too.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use self::tag_sets::TagSets;
use crate::aggregate::Identity;
use crate::pins::Pins;
use crate::raw::{RawBuffer, RawSample, SampleBatch, SampleContext};
use crate::redaction::Redaction;
use crate::registry::MetricId;
use crate::sink::Sink;
use crate::tags::{InternLimit, Interner, Symbol, TagKey, Tags, tag};
use crate::time::Timestamp;

mod tag_sets;

/// A tag set of one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagSetId(u32);

impl TagSetId {
    /// The set without tags, the same in every shard.
    pub const EMPTY: Self = Self(0);
}

/// A series of one shard: a metric under a tag set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(u32);

impl SeriesId {
    /// Its place among the series of its shard, from zero on.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a shard is made.
#[derive(Debug, Clone)]
pub struct ShardConfig {
    /// How many distinct tag sets it holds before new ones fold.
    pub max_tag_sets: usize,
    /// How many distinct tag values it interns; later ones become [`Symbol::OVERFLOW`], and their tag sets
    /// fold.
    pub max_symbols: usize,
    /// The same limit in bytes.
    pub max_symbol_bytes: usize,
    /// Tag values that folding must keep.
    pub pins: Arc<Pins>,
    /// `Some(capacity)` keeps up to so many raw samples between two calls of [`Shard::take_raw`].
    pub raw: Option<usize>,
}

impl Default for ShardConfig {
    /// 10,000 tag sets are 90,000 HTTP series, about where k6 begins to warn; such a shard takes about 30 MB.
    fn default() -> Self {
        Self {
            max_tag_sets: 10_000,
            max_symbols: 100_000,
            max_symbol_bytes: 16 << 20,
            pins: Arc::default(),
            raw: None,
        }
    }
}

/// Tag names beyond the well-known ones; a script with more of them makes them up in a loop.
const KEY_LIMIT: InternLimit = InternLimit { strings: 1_000, bytes: 64 << 10 };

/// What one worker thread records into. `absorb` of an [`Aggregate`](crate::Aggregate) empties it.
#[derive(Debug)]
pub struct Shard {
    keys: Interner,
    symbols: Interner,
    redaction: Option<Redaction>,
    tag_sets: TagSets,
    series: Vec<Series>,
    /// The table from metric to series of each tag set; as long as there are tag sets.
    by_tag_set: Vec<Vec<(MetricId, SeriesId)>>,
    /// Series with samples since the last absorb, in order of their first sample.
    touched: Vec<SeriesId>,
    raw: Option<RawBuffer>,
    pins: Arc<Pins>,
    /// Which aggregate the `global` fields of the series refer to.
    absorbed_by: Option<Identity>,
}

/// One series with its state.
#[derive(Debug)]
struct Series {
    sink: Sink,
    metric: MetricId,
    tags: TagSetId,
    touched: bool,
    first: Timestamp,
    last: Timestamp,
    /// Its place in the aggregate that absorbs this shard; assigned at the first absorb.
    global: Option<u32>,
}

/// Where a touched series stands in the aggregate.
pub(crate) enum Origin {
    /// At a place it was given before.
    Known(u32),
    /// To be found by its tags.
    New(Tags),
}

/// What the aggregate takes from one touched series.
pub(crate) struct Delta<'a> {
    pub(crate) metric: MetricId,
    pub(crate) sink: &'a Sink,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) folded: bool,
}

impl Shard {
    /// An empty shard.
    #[must_use]
    pub fn new(config: ShardConfig) -> Self {
        let limit = InternLimit { strings: config.max_symbols, bytes: config.max_symbol_bytes };
        let mut symbols = Interner::new(&Symbol::FIXED, limit);
        let mut keys = Interner::new(tag::NAMES, KEY_LIMIT);
        let pinned: FxHashSet<_> = config
            .pins
            .iter()
            .map(|(name, value)| (TagKey(keys.push(name)), Symbol(symbols.push(value))))
            .collect();
        Self {
            keys,
            symbols,
            redaction: None,
            tag_sets: TagSets::new(config.max_tag_sets, pinned),
            series: Vec::new(),
            by_tag_set: vec![Vec::new()],
            touched: Vec::new(),
            raw: config.raw.map(RawBuffer::new),
            pins: config.pins,
            absorbed_by: None,
        }
    }

    /// From now on, tag values that must not be shown are interned as what stands for them.
    pub fn redact_with(&mut self, redaction: Redaction) {
        self.redaction = Some(redaction);
    }

    /// Interns a tag value. Past the limit of distinct values: [`Symbol::OVERFLOW`].
    pub fn symbol(&mut self, value: &str) -> Symbol {
        if let Some(redaction) = &self.redaction
            && !self.symbols.contains(value)
            && let Some(redacted) = redaction.of(value)
        {
            return self.symbols.intern(&redacted).map_or(Symbol::OVERFLOW, Symbol);
        }
        self.symbols.intern(value).map_or(Symbol::OVERFLOW, Symbol)
    }

    /// Interns a tag name. Past the limit of distinct names: [`tag::OVERFLOW`].
    pub fn tag_key(&mut self, name: &str) -> TagKey {
        self.keys.intern(name).map_or(tag::OVERFLOW, TagKey)
    }

    /// The text of a symbol of this shard.
    #[must_use]
    pub fn symbol_text(&self, symbol: Symbol) -> &Arc<str> {
        self.symbols.resolve(symbol.0)
    }

    /// The name of a tag key of this shard.
    #[must_use]
    pub fn key_text(&self, key: TagKey) -> &Arc<str> {
        self.keys.resolve(key.0)
    }

    /// The tag values that threshold selectors mention.
    #[must_use]
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    /// The set of these tags. The order does not matter; of two entries with the same key the later one wins.
    pub fn tag_set(&mut self, tags: &[(TagKey, Symbol)]) -> TagSetId {
        let id = self.tag_sets.intern(tags);
        if self.by_tag_set.len() < self.tag_sets.len() {
            self.by_tag_set.resize_with(self.tag_sets.len(), Vec::new);
        }
        id
    }

    /// The set of the tags of `base`, with more of them; the additions win.
    pub fn extend_tag_set(&mut self, base: TagSetId, more: &[(TagKey, Symbol)]) -> TagSetId {
        let mut tags = self.tag_sets.take_scratch();
        tags.extend_from_slice(self.tag_sets.get(base));
        tags.extend_from_slice(more);
        let id = self.tag_set(&tags);
        self.tag_sets.return_scratch(tags);
        id
    }

    /// The tags of a set, sorted by key number.
    #[must_use]
    pub fn tags_of(&self, id: TagSetId) -> &[(TagKey, Symbol)] {
        self.tag_sets.get(id)
    }

    /// The tags of a set as names and values.
    #[must_use]
    pub fn resolve(&self, id: TagSetId) -> Tags {
        let text = |(key, value): &(TagKey, Symbol)| {
            (Arc::clone(self.key_text(*key)), Arc::clone(self.symbol_text(*value)))
        };
        Tags::new(self.tag_sets.get(id).iter().map(text).collect())
    }

    /// The series of a metric under a tag set.
    pub fn series(&mut self, metric: MetricId, tags: TagSetId) -> SeriesId {
        self.series_near(metric, tags, 0)
    }

    /// The series of several metrics under one tag set. Cheapest when always asked for in the same order, as
    /// in [`builtin::HTTP`](crate::builtin::HTTP).
    pub fn series_block<const N: usize>(&mut self, metrics: &[MetricId; N], tags: TagSetId) -> [SeriesId; N] {
        let mut ids = [SeriesId(0); N];
        for (place, (id, metric)) in ids.iter_mut().zip(metrics).enumerate() {
            *id = self.series_near(*metric, tags, place);
        }
        ids
    }

    /// Looks at one place of the tag set's table first: series made as a block stand in the block's order.
    #[inline]
    fn series_near(&mut self, metric: MetricId, tags: TagSetId, place: usize) -> SeriesId {
        let table = &self.by_tag_set[tags.0 as usize];
        match table.get(place) {
            Some((found, id)) if *found == metric => *id,
            _ => match table.iter().find(|(found, _)| *found == metric) {
                Some((_, id)) => *id,
                None => self.create_series(metric, tags),
            },
        }
    }

    #[cold]
    fn create_series(&mut self, metric: MetricId, tags: TagSetId) -> SeriesId {
        let id = SeriesId(u32::try_from(self.series.len()).expect("tag sets and metrics are both capped"));
        let sink = Sink::new(metric.kind());
        let (first, last) = (Timestamp::default(), Timestamp::default());
        self.series.push(Series { sink, metric, tags, touched: false, first, last, global: None });
        self.by_tag_set[tags.0 as usize].push((metric, id));
        id
    }

    /// Records one value.
    #[inline]
    pub fn record(&mut self, series: SeriesId, value: f64, at: Timestamp) {
        if self.raw.is_some() {
            self.keep_raw(series, value, at, &SampleContext::default());
        }
        self.add(series, value, at);
    }

    /// Records one value with what it carries beyond its series.
    #[inline]
    pub fn record_with(&mut self, series: SeriesId, value: f64, at: Timestamp, context: &SampleContext) {
        if self.raw.is_some() {
            self.keep_raw(series, value, at, context);
        }
        self.add(series, value, at);
    }

    /// Records one value for each of several series at one instant.
    #[inline]
    pub fn record_block<const N: usize>(
        &mut self,
        series: &[SeriesId; N],
        values: &[f64; N],
        at: Timestamp,
        context: &SampleContext,
    ) {
        for (series, value) in series.iter().zip(values) {
            self.record_with(*series, *value, at, context);
        }
    }

    /// Whether raw samples are kept: only then is a [`SampleContext`] worth filling in.
    #[must_use]
    pub fn keeps_raw(&self) -> bool {
        self.raw.is_some()
    }

    #[inline]
    fn add(&mut self, id: SeriesId, value: f64, at: Timestamp) {
        let series = &mut self.series[id.index()];
        if !series.touched {
            series.touched = true;
            (series.first, series.last) = (at, at);
            self.touched.push(id);
        }
        series.first = series.first.min(at);
        series.last = series.last.max(at);
        series.sink.record(value, at);
    }

    #[cold]
    fn keep_raw(&mut self, series: SeriesId, value: f64, at: Timestamp, context: &SampleContext) {
        if let Some(raw) = &mut self.raw {
            raw.push(RawSample { series, value, at, context: context.clone() });
        }
    }

    /// How many raw samples wait to be taken.
    #[must_use]
    pub fn raw_samples(&self) -> usize {
        self.raw.as_ref().map_or(0, RawBuffer::len)
    }

    /// The raw samples since the last call, when raw samples are kept.
    pub fn take_raw(&mut self) -> Option<SampleBatch> {
        let mut raw = self.raw.take()?;
        let batch = raw.take(self.series.len(), |from| {
            self.series[from..].iter().map(|series| (series.metric, self.resolve(series.tags)))
        });
        self.raw = Some(raw);
        Some(batch)
    }

    /// How many times a tag set had to fold.
    #[must_use]
    pub fn folds(&self) -> u64 {
        self.tag_sets.folds()
    }

    /// Gives the state of every touched series to `take` and clears it. `take` answers with the series' place
    /// in the aggregate, which is remembered, so that tags are resolved once per series.
    pub(crate) fn drain(&mut self, identity: &Identity, mut take: impl FnMut(Origin, &Delta<'_>) -> u32) {
        self.belong_to(identity);
        let mut touched = std::mem::take(&mut self.touched);
        let mut resolved: FxHashMap<TagSetId, Tags> = FxHashMap::default();
        for id in touched.drain(..) {
            let Series { tags, global, .. } = self.series[id.index()];
            let origin = match global {
                Some(place) => Origin::Known(place),
                None => Origin::New(resolved.entry(tags).or_insert_with(|| self.resolve(tags)).clone()),
            };
            let folded = self.tag_sets.is_folded(tags);
            let series = &mut self.series[id.index()];
            let Series { metric, ref sink, first, last, .. } = *series;
            series.global = Some(take(origin, &Delta { metric, sink, first, last, folded }));
            series.sink.clear();
            series.touched = false;
        }
        self.touched = touched;
    }

    /// Numbers given out by another aggregate mean nothing to this one.
    fn belong_to(&mut self, identity: &Identity) {
        if self.absorbed_by.as_ref() != Some(identity) {
            self.absorbed_by = Some(identity.clone());
            for series in &mut self.series {
                series.global = None;
            }
        }
    }
}
