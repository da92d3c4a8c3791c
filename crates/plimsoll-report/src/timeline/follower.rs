//! Spans out of a run that is under way: what has come since the last look.

use std::time::Duration;

use plimsoll_metrics::{Aggregate, Sink, Trend, builtin, tag};
use rustc_hash::FxHashMap;

use super::{Span, Timeline};

/// What a run has come to at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// From the start of the test.
    pub at: Duration,
    /// Everything measured so far.
    pub aggregate: &'a Aggregate,
    /// VUs that are active.
    pub vus: u32,
    /// Iterations that were started so far.
    pub started: u64,
    /// Iterations a second that arrival rates want at this moment.
    pub rate: f64,
}

/// Remembers the last reading, and adds to a [`Timeline`] what is new in the next.
#[derive(Debug, Default)]
pub struct Follower {
    at: Duration,
    known: Totals,
    started: u64,
}

/// Numbers that only grow.
#[derive(Debug, Default, Clone)]
struct Totals {
    requests: Trend,
    count: u64,
    errors: FxHashMap<String, u64>,
    dropped: u64,
}

impl Follower {
    /// Follows a run from this moment on, from which nothing has been measured that counts.
    #[must_use]
    pub fn from(at: Duration, started: u64) -> Self {
        Self { at, started, known: Totals::default() }
    }

    /// Adds what is new.
    pub fn follow(&mut self, timeline: &mut Timeline, reading: Reading<'_>) {
        let length = reading.at.saturating_sub(self.at);
        let totals = Totals::of(reading.aggregate);
        let known = &self.known;
        let new = |(code, count): (&String, &u64)| {
            let count = count - known.errors.get(code).unwrap_or(&0).min(count);
            (count > 0).then(|| (code.clone(), count))
        };
        let mut errors: Vec<_> = totals.errors.iter().filter_map(new).collect();
        errors.sort();
        timeline.push(Span {
            start: self.at,
            length,
            requests: totals.requests.since(&known.requests),
            count: totals.count.saturating_sub(known.count),
            errors,
            vus: reading.vus,
            started: reading.started.saturating_sub(self.started),
            planned: reading.rate * length.as_secs_f64(),
            dropped: totals.dropped.saturating_sub(known.dropped),
        });
        (self.at, self.known, self.started) = (reading.at, totals, reading.started);
    }
}

impl Totals {
    fn of(aggregate: &Aggregate) -> Self {
        let mut totals = Self::default();
        if let Some(Sink::Trend(trend)) = aggregate.total(builtin::HTTP_REQ_DURATION) {
            totals.requests = trend.clone();
        }
        let whole = |metric| match aggregate.total(metric) {
            // The engine adds whole numbers.
            Some(Sink::Counter(counter)) => counter.sum as u64,
            _ => 0,
        };
        totals.count = whole(builtin::HTTP_REQS);
        totals.dropped = whole(builtin::DROPPED_ITERATIONS);
        for series in aggregate.series_of(builtin::HTTP_REQS) {
            let code = series.tags.value(tag::ERROR_CODE).unwrap_or_default();
            if let (false, Sink::Counter(counter)) = (code.is_empty(), series.sink) {
                *totals.errors.entry(code.to_owned()).or_default() += counter.sum as u64;
            }
        }
        totals
    }
}
