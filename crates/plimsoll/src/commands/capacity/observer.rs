//! Looks at a run from moment to moment.

use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::{Measurements, RunState};
use plimsoll_metrics::{Aggregate, Increments, Sink, builtin};
use plimsoll_report::capacity::{Moment, Objective};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often iterations under way are counted: the mean of a moment is that of so many looks.
const LOOK: Duration = Duration::from_millis(10);

/// Counts iterations, and collects what was recorded.
pub(super) struct Observer {
    state: Arc<RunState>,
    measurements: Measurements,
    ticks: watch::Receiver<u64>,
    increments: Increments,
    objectives: Arc<[Objective]>,
    before: Counts,
    at: Instant,
}

/// What the engine has counted so far.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    started: u64,
    fresh: u64,
    ended: u64,
    dropped: u64,
}

impl Observer {
    pub(super) fn new(
        state: Arc<RunState>,
        measurements: Measurements,
        objectives: Arc<[Objective]>,
    ) -> Self {
        let ticks = measurements.ticks();
        let increments = Increments::default();
        Observer {
            state,
            measurements,
            ticks,
            increments,
            objectives,
            before: Counts::default(),
            at: Instant::now(),
        }
    }

    /// Waits until iterations may start.
    pub(super) async fn begun(&mut self) {
        let has_begun = |state: &RunState| state.scenarios()[0].progress.started_at().is_some();
        while !has_begun(&self.state) {
            tokio::time::sleep(LOOK).await;
        }
        self.moment().await;
    }

    /// Iterations under way just now.
    pub(super) fn under_way(&self) -> u64 {
        let Counts { started, ended, .. } = self.counts();
        started.saturating_sub(ended)
    }

    /// Waits for the next moment to be over: what was seen, and all that was recorded in it.
    pub(super) async fn moment(&mut self) -> (Moment, Aggregate) {
        let under_way = self.watch().await;
        let part = self.measurements.read(|all| self.increments.part(all));
        let (now, counts) = (Instant::now(), self.counts());
        let seconds = (now - std::mem::replace(&mut self.at, now)).as_secs_f64();
        let before = std::mem::replace(&mut self.before, counts);
        let failed = rate(&part);
        let moment = Moment {
            seconds,
            in_flight: under_way,
            started: (counts.started - before.started) as f64,
            fresh: (counts.fresh - before.fresh) as f64,
            completed: (counts.ended - before.ended) as f64,
            took: durations(&part) / 1e3,
            dropped: (counts.dropped - before.dropped) as f64,
            judged: failed.1,
            failed: failed.0,
            tallies: self.objectives.iter().map(|objective| objective.tally(&part)).collect(),
            trouble: None,
        };
        (moment, part)
    }

    /// Waits for the workers to merge what they recorded; the mean number of iterations under way meanwhile.
    async fn watch(&mut self) -> f64 {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (mut sum, mut count) = (0, 0);
        loop {
            tokio::select! {
                biased;
                changed = self.ticks.changed() => match changed {
                    Ok(()) => break,
                    // The run is over, and whoever waits for it will notice.
                    Err(_) => std::future::pending().await,
                },
                _ = looks.tick() => {
                    sum += self.under_way();
                    count += 1;
                }
            }
        }
        if count > 0 { sum as f64 / f64::from(count) } else { self.under_way() as f64 }
    }

    fn counts(&self) -> Counts {
        let progress = &self.state.scenarios()[0].progress;
        // What has ended is read first, so that no iteration ends before it starts.
        let ended = progress.complete_iterations() + progress.interrupted_iterations();
        let (started, dropped) = (progress.started_iterations(), progress.dropped_iterations());
        Counts { started, fresh: progress.first_iterations(), ended, dropped }
    }
}

/// Requests that failed, and all that were judged.
fn rate(part: &Aggregate) -> (f64, f64) {
    match part.total(builtin::HTTP_REQ_FAILED) {
        Some(Sink::Rate(rate)) => (rate.nonzero as f64, rate.total as f64),
        _ => (0.0, 0.0),
    }
}

/// How long the iterations took that ended, together, in milliseconds.
fn durations(part: &Aggregate) -> f64 {
    match part.total(builtin::ITERATION_DURATION) {
        Some(Sink::Trend(trend)) => trend.sum(),
        _ => 0.0,
    }
}
