//! What an aggregate has gained since it was last looked at: the seconds of a run.
//!
//! An [`Aggregate`] only grows. [`Increments::take`] compares it with its own former state and yields, for
//! each series that has new samples, those samples alone. Whoever puts them into another aggregate
//! ([`Aggregate::add`]) gets a part of the run that can be judged like the whole: a second, a window, a
//! plateau.

use crate::aggregate::{Aggregate, SeriesView};
use crate::sink::Sink;
use crate::time::Timestamp;

/// Remembers how far each series of one aggregate was.
///
/// Memory is that of the aggregate's series once more; the cost of a look depends on the series that changed.
#[derive(Debug, Default)]
pub struct Increments {
    /// By the place of the series, which never changes.
    known: Vec<Sink>,
}

impl Increments {
    /// Yields what every series has gained since the last call, in the order in which the series first
    /// appeared.
    ///
    /// Counts and sums are exact. The samples of a trend are known to within their buckets, as everywhere.
    /// The minimum and maximum of a gauge are those of the whole run so far, except that a single new sample
    /// is known exactly. `first` and `last` are the series' own.
    ///
    /// The aggregate must be that of the last call: places in another one mean other series.
    pub fn take(&mut self, aggregate: &Aggregate, mut gained: impl FnMut(SeriesView<'_>)) {
        for (place, series) in aggregate.series().enumerate() {
            if place == self.known.len() {
                self.known.push(Sink::new(series.metric.kind()));
            }
            let known = &mut self.known[place];
            if series.sink.count() == known.count() {
                continue;
            }
            let sink = series.sink.since(known);
            gained(SeriesView { sink: &sink, ..series });
            known.clone_from(series.sink);
        }
        assert!(
            aggregate.series().count() >= self.known.len(),
            "the aggregate of the last call has more series"
        );
    }

    /// The same as an aggregate of its own.
    #[must_use]
    pub fn part(&mut self, aggregate: &Aggregate) -> Aggregate {
        let mut part = Aggregate::new();
        self.take(aggregate, |series| {
            part.add(series.metric, series.tags, series.sink, (series.first, series.last));
        });
        part
    }
}

impl Sink {
    /// What was added since `earlier`, a former state of the same sink; see [`Increments::take`] for how
    /// exact that is.
    ///
    /// # Panics
    /// If the kinds differ.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        match (self, earlier) {
            (Self::Counter(now), Self::Counter(then)) => Self::Counter(now.since(then)),
            (Self::Gauge(now), Self::Gauge(then)) => Self::Gauge(now.since(then)),
            (Self::Rate(now), Self::Rate(then)) => Self::Rate(now.since(then)),
            (Self::Trend(now), Self::Trend(then)) => Self::Trend(now.since(then)),
            (now, then) => panic!("a {} was never a {}", now.kind(), then.kind()),
        }
    }
}

/// When the first and the last sample of a series were taken.
pub type Span = (Timestamp, Timestamp);
