//! The read side: what all shards have recorded, merged.
//!
//! A worker's tick calls [`Aggregate::absorb`]; thresholds, progress, summary and reports query. Tag sets of
//! different shards are matched by content, once per series. Start from [`Aggregate`].

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::increments::Span;
use crate::registry::MetricId;
use crate::shard::{Delta, Origin, Shard};
use crate::sink::Sink;
use crate::tags::{TagFilter, Tags};
use crate::time::Timestamp;

/// Everything recorded so far, by series and by metric.
#[derive(Debug, Default)]
pub struct Aggregate {
    identity: Identity,
    series: Vec<Series>,
    index: FxHashMap<(MetricId, Tags), u32>,
    by_metric: FxHashMap<MetricId, Of>,
    folds: FoldCounts,
}

/// A copy is an aggregate of its own: shards know their series in the one that absorbed them.
impl Clone for Aggregate {
    fn clone(&self) -> Self {
        Self {
            identity: Identity::default(),
            series: self.series.clone(),
            index: self.index.clone(),
            by_metric: self.by_metric.clone(),
            folds: self.folds,
        }
    }
}

/// Tells aggregates apart, so that a shard knows whose numbers it carries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity(Arc<()>);

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Debug, Clone)]
struct Series {
    metric: MetricId,
    tags: Tags,
    state: State,
}

/// What is known of one metric over all its series.
#[derive(Debug, Clone)]
struct Of {
    total: State,
    series: Vec<u32>,
}

#[derive(Debug, Clone)]
struct State {
    sink: Sink,
    first: Timestamp,
    last: Timestamp,
}

impl Of {
    fn new(metric: MetricId) -> Self {
        Self { total: State::new(metric), series: Vec::new() }
    }
}

impl State {
    fn new(metric: MetricId) -> Self {
        Self { sink: Sink::new(metric.kind()), first: Timestamp(u64::MAX), last: Timestamp(0) }
    }

    fn add(&mut self, delta: &Delta<'_>) {
        self.sink.merge(delta.sink);
        self.first = self.first.min(delta.first);
        self.last = self.last.max(delta.last);
    }
}

/// What the cap on distinct tag sets has cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FoldCounts {
    /// Samples that were recorded under fewer tags than they had. All totals and thresholds include them.
    pub samples: u64,
    /// Series that such samples share.
    pub series: u64,
}

/// One series of an aggregate.
#[derive(Debug, Clone, Copy)]
pub struct SeriesView<'a> {
    /// Its metric.
    pub metric: MetricId,
    /// Its tags.
    pub tags: &'a Tags,
    /// Its state.
    pub sink: &'a Sink,
    /// When its earliest sample was taken.
    pub first: Timestamp,
    /// When its latest sample was taken.
    pub last: Timestamp,
}

impl Aggregate {
    /// An empty aggregate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over what a shard has recorded since it was last absorbed. The cost depends on the number of
    /// series touched since then, not on the number of samples.
    pub fn absorb(&mut self, shard: &mut Shard) {
        let identity = self.identity.clone();
        shard.drain(&identity, |origin, delta| {
            let place = match origin {
                Origin::Known(place) => place,
                Origin::New(tags) => self.place(delta, tags),
            };
            self.series[place as usize].state.add(delta);
            let of = self.by_metric.get_mut(&delta.metric).expect("place() made it");
            of.total.add(delta);
            self.folds.samples += if delta.folded { delta.sink.count() } else { 0 };
            place
        });
    }

    /// Adds samples that were recorded elsewhere: in a part of this run, in another instance, in a file.
    ///
    /// # Panics
    /// If the sink is not of the metric's kind.
    pub fn add(&mut self, metric: MetricId, tags: &Tags, sink: &Sink, (first, last): Span) {
        self.merge(&Delta { metric, sink, first, last, folded: false }, tags.clone());
    }

    /// Adds everything that another aggregate holds.
    pub fn merge_all(&mut self, other: &Self) {
        for series in &other.series {
            let State { sink, first, last } = &series.state;
            self.add(series.metric, &series.tags, sink, (*first, *last));
        }
        self.add_folds(other.folds);
    }

    /// Adds what folding has cost elsewhere.
    pub fn add_folds(&mut self, folds: FoldCounts) {
        self.folds.samples += folds.samples;
        self.folds.series += folds.series;
    }

    fn merge(&mut self, delta: &Delta<'_>, tags: Tags) {
        let place = self.place(delta, tags);
        self.series[place as usize].state.add(delta);
        let of = self.by_metric.get_mut(&delta.metric).expect("place() made it");
        of.total.add(delta);
    }

    /// The place of the series of that content, made if need be.
    fn place(&mut self, delta: &Delta<'_>, tags: Tags) -> u32 {
        let metric = delta.metric;
        match self.index.entry((metric, tags)) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let place = u32::try_from(self.series.len()).expect("shards cap their series far below 2^32");
                let tags = entry.key().1.clone();
                entry.insert(place);
                self.series.push(Series { metric, tags, state: State::new(metric) });
                self.by_metric.entry(metric).or_insert_with(|| Of::new(metric)).series.push(place);
                self.folds.series += u64::from(delta.folded);
                place
            }
        }
    }

    /// All samples of a metric; `None` when there were none.
    #[must_use]
    pub fn total(&self, metric: MetricId) -> Option<&Sink> {
        self.by_metric.get(&metric).map(|of| &of.total.sink)
    }

    /// The samples of a metric that match a filter; `None` when no sample reached it.
    #[must_use]
    pub fn select(&self, metric: MetricId, filter: &TagFilter) -> Option<Sink> {
        if filter.is_empty() {
            return self.total(metric).cloned();
        }
        let mut matching = self.series_of(metric).filter(|series| filter.matches(series.tags));
        let mut merged = matching.next()?.sink.clone();
        matching.for_each(|series| merged.merge(series.sink));
        Some(merged)
    }

    /// All series that have samples, in the order they first appeared.
    pub fn series(&self) -> impl Iterator<Item = SeriesView<'_>> {
        self.series.iter().map(Series::view)
    }

    /// The series of one metric, in the order they first appeared.
    pub fn series_of(&self, metric: MetricId) -> impl Iterator<Item = SeriesView<'_>> {
        let numbers = self.by_metric.get(&metric).map_or(&[][..], |of| &of.series);
        numbers.iter().map(|number| self.series[*number as usize].view())
    }

    /// The metrics that have samples, in declaration order.
    #[must_use]
    pub fn metrics(&self) -> Vec<MetricId> {
        let mut metrics: Vec<_> = self.by_metric.keys().copied().collect();
        metrics.sort_by_key(|metric| metric.index());
        metrics
    }

    /// What the cap on distinct tag sets has cost.
    #[must_use]
    pub fn folds(&self) -> FoldCounts {
        self.folds
    }
}

impl Series {
    fn view(&self) -> SeriesView<'_> {
        let State { sink, first, last } = &self.state;
        SeriesView { metric: self.metric, tags: &self.tags, sink, first: *first, last: *last }
    }
}
