//! The thresholds of a run while it goes on: judged as they stand, and their windows moved along.
//!
//! Windows slide while scenarios run: what `setup`, `teardown` and the warm-up record is in none of them.
//! When the last iteration has been started, lower bounds on counters are judged no more.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use plimsoll_metrics::{
    Aggregate, ThresholdReport, Thresholds,
    threshold::{Stage, Windows},
};
use tokio::time::{Instant, sleep, sleep_until};

use crate::{conductor::Conductor, event::Phase};

/// The thresholds of one run. Clones share what is known of their windows.
#[derive(Debug, Clone, Default)]
pub struct ThresholdWatch {
    thresholds: Thresholds,
    sliding: Arc<Mutex<Sliding>>,
}

#[derive(Debug, Default)]
struct Sliding {
    windows: Windows,
    /// Where their last part ends; nowhere before they have begun.
    end: Option<Duration>,
}

impl ThresholdWatch {
    pub(crate) fn new(thresholds: Thresholds) -> Self {
        let sliding = Sliding { windows: Windows::new(&thresholds), end: None };
        Self { thresholds, sliding: Arc::new(Mutex::new(sliding)) }
    }

    /// Judges all thresholds on what has been recorded in the run's first `elapsed`; those with windows on
    /// the windows so far.
    pub fn evaluate(&self, aggregate: &Aggregate, elapsed: Duration) -> ThresholdReport {
        self.judge(aggregate, elapsed, Stage::Running)
    }

    /// The same when nothing more will come.
    pub(crate) fn conclude(&self, aggregate: &Aggregate, elapsed: Duration) -> ThresholdReport {
        self.judge(aggregate, elapsed, Stage::Over)
    }

    fn judge(&self, aggregate: &Aggregate, elapsed: Duration, stage: Stage) -> ThresholdReport {
        let mut report = self.thresholds.evaluate(aggregate, elapsed);
        self.lock().windows.complete(&mut report, stage);
        report
    }

    fn begin(&self, aggregate: &Aggregate, at: Duration) {
        let mut sliding = self.lock();
        sliding.windows.begin(aggregate);
        sliding.end = Some(at);
    }

    /// Does nothing before they have begun: a tick may come just when scenarios begin.
    fn advance(&self, aggregate: &Aggregate, to: Duration) {
        let mut sliding = self.lock();
        let Some(start) = sliding.end else { return };
        sliding.end = Some(to);
        sliding.windows.advance(aggregate, start, to);
    }

    fn cease(&self) {
        self.lock().windows.cease();
    }

    fn has_windows(&self) -> bool {
        !self.lock().windows.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Sliding> {
        self.sliding.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conductor {
    /// Moves the windows along, now that all shards are merged.
    pub(crate) fn slide_windows(&self) {
        let state = &self.shared.state;
        if state.phase() != Phase::Scenarios || !self.shared.watch.has_windows() {
            return;
        }
        // What ends by the clock is seen in time by `watch_starts`, after its last window.
        let goes_on = state.starts_end().is_none_or(|end| end > Instant::now());
        if goes_on && state.has_ceased() {
            self.shared.watch.cease();
        }
        let (watch, at) = (&self.shared.watch, state.measured_elapsed());
        self.shared.measurements.read(|aggregate| match state.is_warming_up() {
            true => watch.begin(aggregate, at),
            false => watch.advance(aggregate, at),
        });
    }

    /// Scenarios begin: windows do, too.
    pub(crate) async fn begin_windows(&self) {
        if self.shared.watch.has_windows() {
            self.crew.absorb().await;
            let at = self.shared.state.measured_elapsed();
            self.shared.measurements.read(|aggregate| self.shared.watch.begin(aggregate, at));
        }
    }

    /// Scenarios are over: so is the last window.
    pub(crate) async fn end_windows(&self) {
        if self.shared.watch.has_windows() {
            self.absorb_and_slide().await;
        }
    }

    async fn absorb_and_slide(&self) {
        self.shared.absorb(self.lane.get(), &mut self.shard.borrow_mut());
        self.crew.absorb().await;
        self.slide_windows();
    }
}

/// Ends the windows of what is started when there is no time left to start anything. May be dropped at any
/// time.
pub(crate) async fn watch_starts(conductor: &Conductor) -> Infallible {
    let state = &conductor.shared.state;
    if conductor.shared.watch.has_windows() {
        let end = loop {
            match state.starts_end() {
                Some(end) => break end,
                None => sleep(conductor.config.tick).await,
            }
        };
        sleep_until(end).await;
        conductor.absorb_and_slide().await;
        conductor.shared.watch.cease();
    }
    std::future::pending().await
}
