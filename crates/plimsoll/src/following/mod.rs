//! A run from second to second: one reader of its measurements, and whoever wants to know.
//!
//! Each time the engine has merged what its workers measured, once a second, it is read what the run has come
//! to. What is new in it is a [`Second`], which the pictures and the record get.

use std::cell::{OnceCell, RefCell};
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::Phase;
use plimsoll_metrics::{Aggregate, ThresholdSpec, Timestamp};
use plimsoll_report::record::{Counts, End, Follower, Header, Reading, ScenarioState, Second};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::dashboard::{Pictures, Planned, Watched};
use crate::failure::Failure;
use crate::record::{RecordFile, Writing};

/// Between two looks whether scenarios have begun: workers merge first what they recorded before.
const LOOK: Duration = Duration::from_millis(1);

/// What is going to be made of a run's seconds. Dropped before the run begins, it leaves no record behind.
pub(crate) struct Wanted {
    pub(crate) pictures: Planned,
    pub(crate) record: Option<RecordFile>,
}

impl Wanted {
    /// Begins to follow a run, whose phases are announced.
    ///
    /// # Errors
    /// When the system refuses a thread or an event queue.
    pub(crate) fn begin(
        self,
        watched: Watched,
        header: Header,
        phases: Arc<Notify>,
    ) -> Result<Following, Failure> {
        let watched = Arc::new(watched);
        let pictures = self.pictures.begin(Arc::clone(&watched))?;
        let record = self.record.map(|file| file.begin(header, &watched.registry)).transpose()?;
        let (follower, began) = (RefCell::default(), OnceCell::new());
        Ok(Following { watched, phases, pictures, record, follower, began })
    }
}

/// A run that is followed.
pub(crate) struct Following {
    watched: Arc<Watched>,
    /// Tells of each phase that begins.
    phases: Arc<Notify>,
    pub(crate) pictures: Pictures,
    record: Option<Writing>,
    follower: RefCell<Follower>,
    /// When the test began, by the system's clock; known from the first reading on.
    began: OnceCell<Timestamp>,
}

impl Following {
    /// Follows the run for as long as it is polled.
    pub(crate) async fn follow(&self) -> Infallible {
        if !self.is_wanted() {
            return std::future::pending().await;
        }
        let mut ticks = self.watched.measurements.ticks();
        loop {
            tokio::select! {
                biased;
                () = self.phases.notified() => self.read_between_phases().await,
                changed = ticks.changed() => match changed {
                    Ok(()) => self.read(),
                    // The run is over, and whoever waits for it will notice.
                    Err(_) => return std::future::pending().await,
                },
            }
        }
    }

    /// Windows of thresholds begin and end with the scenarios, and so do seconds then. The engine has merged
    /// what was recorded before.
    async fn read_between_phases(&self) {
        let has_windows = |spec: &ThresholdSpec| spec.thresholds.iter().any(|it| it.window.is_some());
        let Watched { state, plan, .. } = &*self.watched;
        if !plan.thresholds.iter().any(has_windows) {
            return;
        }
        while state.phase() == Phase::Scenarios && !self.in_scenarios() {
            sleep(LOOK).await;
        }
        if [Phase::Scenarios, Phase::Teardown].contains(&state.phase()) {
            self.read();
        }
    }

    fn in_scenarios(&self) -> bool {
        let state = &self.watched.state;
        let have_begun = || state.scenarios().iter().any(|it| it.progress.started_at().is_some());
        state.phase() == Phase::Scenarios && have_begun()
    }

    /// What came in after the last reading.
    pub(crate) fn finish(&self) {
        if self.is_wanted() {
            self.read();
        }
    }

    fn is_wanted(&self) -> bool {
        self.pictures.are_wanted() || self.record.is_some()
    }

    fn read(&self) {
        let Watched { state, measurements, warm_up, .. } = &*self.watched;
        if state.test_started().is_none() {
            return;
        }
        let second = measurements.read(|aggregate| {
            if state.warm_up_elapsed().is_zero() {
                return self.second(aggregate, None);
            }
            warm_up.read(|warm_up| self.second(aggregate, Some(warm_up)))
        });
        if self.pictures.are_wanted() {
            self.pictures.add(&second);
        }
        if let Some(record) = &self.record {
            record.add(&second);
        }
    }

    fn second(&self, aggregate: &Aggregate, warm_up: Option<&Aggregate>) -> Second {
        let state = &self.watched.state;
        let started = state.scenarios().iter().map(|scenario| scenario.progress.started_iterations()).sum();
        let (complete, interrupted) = (state.complete_iterations(), state.interrupted_iterations());
        self.follower.borrow_mut().follow(Reading {
            began: *self.began.get_or_init(|| self.watched.began()),
            at: self.watched.measured(),
            aggregate,
            warm_up,
            warming_up: state.is_warming_up(),
            warmed_up: state.warm_up_elapsed(),
            vus: state.active_vus(),
            counts: Counts { started, complete, interrupted },
            rate: self.planned_rate(),
            scenarios: self.scenarios(),
            in_scenarios: self.in_scenarios(),
            has_ceased: state.has_ceased(),
        })
    }

    /// Iterations a second that arrival rates want just now.
    fn planned_rate(&self) -> f64 {
        let Watched { plan, state, .. } = &*self.watched;
        let rate = |(plan, state): (&plimsoll_plan::Scenario, &Arc<plimsoll_engine::ScenarioContext>)| {
            let elapsed = state.progress.elapsed();
            let goes_on = !elapsed.is_zero() && elapsed < state.progress.duration;
            goes_on.then(|| plan.rate_at(elapsed)).flatten()
        };
        plan.scenarios.iter().zip(state.scenarios()).filter_map(rate).sum()
    }

    fn scenarios(&self) -> Vec<ScenarioState> {
        let state = &self.watched.state;
        let Some(begun) = state.test_started().map(|begun| begun + state.warm_up_elapsed()) else {
            return Vec::new();
        };
        let scenario = |scenario: &Arc<plimsoll_engine::ScenarioContext>| {
            let progress = &scenario.progress;
            let started_at = progress.started_at()?;
            let warm_up = begun.saturating_duration_since(started_at);
            Some(ScenarioState {
                name: Arc::clone(&scenario.name),
                executor: scenario.executor.into(),
                start: started_at.saturating_duration_since(begun),
                length: progress.elapsed().saturating_sub(warm_up),
                made_on_demand: progress.vus_made_on_demand(),
                dropped: progress.dropped_iterations(),
            })
        };
        state.scenarios().iter().filter_map(scenario).collect()
    }

    /// Where the record is, if there is one.
    pub(crate) fn record(&self) -> Option<&Path> {
        self.record.as_ref().map(Writing::path)
    }

    /// Ends the record.
    pub(crate) fn end_record(&self, end: &End) {
        if let Some(record) = &self.record {
            record.end(end);
        }
    }
}
