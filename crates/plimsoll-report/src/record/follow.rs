//! From a run that is under way to its seconds.

use std::time::Duration;

use plimsoll_metrics::{Aggregate, FoldCounts, Increments, Timestamp};

use super::second::{ScenarioState, Second};

/// What a run has come to at one moment.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// When the test began, on the samples' clock.
    pub began: Timestamp,
    /// From the start of the test, the warm-up excepted.
    pub at: Duration,
    /// Everything measured so far.
    pub aggregate: &'a Aggregate,
    /// Everything recorded in the warm-up so far, if there is one.
    pub warm_up: Option<&'a Aggregate>,
    /// Whether it is going on.
    pub warming_up: bool,
    /// How much of the run so far was warm-up.
    pub warmed_up: Duration,
    /// VUs that are active.
    pub vus: u32,
    /// Iterations so far.
    pub counts: Counts,
    /// Iterations a second that arrival rates want at this moment.
    pub rate: f64,
    /// The scenarios that have started.
    pub scenarios: Vec<ScenarioState>,
    /// Whether they are running: neither `setup` nor `teardown` is.
    pub in_scenarios: bool,
    /// Whether none of them will start another iteration.
    pub has_ceased: bool,
}

/// Iterations of a run, from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Those that were started.
    pub started: u64,
    /// Those that came to their end.
    pub complete: u64,
    /// Those that were cut off.
    pub interrupted: u64,
}

/// Remembers the last reading, and says what is new in the next.
#[derive(Debug, Default)]
pub struct Follower {
    at: Duration,
    in_scenarios: bool,
    counts: Counts,
    measured: Lane,
    warm_up: Lane,
}

#[derive(Debug, Default)]
struct Lane {
    increments: Increments,
    folds: FoldCounts,
}

impl Lane {
    fn part(&mut self, aggregate: &Aggregate) -> Aggregate {
        let mut part = self.increments.part(aggregate);
        let (folds, known) = (aggregate.folds(), self.folds);
        part.add_folds(FoldCounts {
            samples: folds.samples.saturating_sub(known.samples),
            series: folds.series.saturating_sub(known.series),
        });
        self.folds = folds;
        part
    }
}

impl Follower {
    /// What has happened since the last reading.
    pub fn follow(&mut self, reading: Reading<'_>) -> Second {
        let Reading { began, at, counts, warming_up, warmed_up, vus, rate, scenarios, .. } = reading;
        let length = at.saturating_sub(self.at);
        let known = std::mem::replace(&mut self.counts, counts);
        let began_in_scenarios = std::mem::replace(&mut self.in_scenarios, reading.in_scenarios);
        self.at = at;
        Second {
            began,
            at,
            length,
            part: self.measured.part(reading.aggregate),
            warm_up: reading.warm_up.map(|aggregate| self.warm_up.part(aggregate)).unwrap_or_default(),
            warming_up,
            warmed_up,
            began_in_scenarios,
            has_ceased: reading.has_ceased,
            vus,
            started: counts.started.saturating_sub(known.started),
            complete: counts.complete.saturating_sub(known.complete),
            interrupted: counts.interrupted.saturating_sub(known.interrupted),
            planned: rate * length.as_secs_f64(),
            scenarios,
        }
    }
}
