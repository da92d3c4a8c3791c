//! What the page shows at this moment. Made when somebody looks, at most once for each reading.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use plimsoll_engine::{Measurements, RunState, ThresholdWatch};
use plimsoll_metrics::{Aggregate, Goals, NoDataPolicy, Registry, Timestamp};
use plimsoll_plan::Plan;
use plimsoll_report::html::{self, Stage};
use plimsoll_report::record::Second;
use plimsoll_report::{RunFacts, Settings, Summary, SummaryInput, Timeline};
use plimsoll_script::Redactor;
use tokio::sync::watch;

use crate::vitals::Monitor;

/// The run that is watched.
pub(crate) struct Watched {
    pub(crate) script: String,
    pub(crate) plan: Arc<Plan>,
    pub(crate) state: Arc<RunState>,
    pub(crate) measurements: Measurements,
    /// What does not count.
    pub(crate) warm_up: Measurements,
    pub(crate) registry: Registry,
    pub(crate) thresholds: ThresholdWatch,
    pub(crate) no_data: NoDataPolicy,
    pub(crate) monitor: Monitor,
    pub(crate) redactor: Redactor,
}

impl Watched {
    /// How long samples have been taken that count.
    pub(crate) fn measured(&self) -> Duration {
        self.state.test_elapsed().saturating_sub(self.state.warm_up_elapsed())
    }

    /// When the test began, by the system's clock.
    pub(crate) fn began(&self) -> Timestamp {
        let now = u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or_default();
        let elapsed = u64::try_from(self.state.test_elapsed().as_nanos()).unwrap_or_default();
        Timestamp(now.saturating_sub(elapsed))
    }

    /// Made of a copy: workers wait for as long as it takes to copy the numbers, and not for what is made of
    /// them.
    fn summary(&self) -> Summary {
        let duration = self.measured();
        let aggregate = &*self.measurements.snapshot();
        let goals = Goals::bind(&self.plan.goals, &self.registry).unwrap_or_default();
        let report = self.thresholds.evaluate(aggregate, duration);
        Summary::build(SummaryInput {
            registry: &self.registry,
            aggregate,
            warm_up: None,
            thresholds: (!report.rules.is_empty()).then_some(&report),
            goals: goals.evaluate(aggregate, duration),
            no_data: self.no_data,
            settings: Settings::of(&self.plan),
            run: self.facts(duration, aggregate),
        })
    }

    fn facts(&self, duration: Duration, aggregate: &Aggregate) -> RunFacts {
        RunFacts {
            script: self.script.clone(),
            scenarios: self.plan.describe().into_iter().skip(1).collect(),
            started_at: self.began(),
            duration,
            complete_iterations: self.state.complete_iterations(),
            interrupted_iterations: self.state.interrupted_iterations(),
            marked_failed: self.state.failed().map(|why| self.redactor.redact(why).into_owned()),
            validity: self.monitor.judge_now(&self.plan, &self.state, aggregate),
            ..RunFacts::default()
        }
    }
}

/// The page of a run, for whoever looks.
pub(super) struct View {
    pub(super) watched: Arc<Watched>,
    timeline: Mutex<Timeline>,
    /// The number of the last reading.
    readings: watch::Sender<u64>,
    /// What the page shows.
    fragment: Made,
    /// The report as a file.
    report: Made,
    /// Both as they stay, once that is known.
    last: OnceLock<Last>,
}

/// The final state.
struct Last {
    fragment: Bytes,
    report: Bytes,
}

/// What was made last, and of which reading. Whoever else asks meanwhile gets the same.
#[derive(Default)]
struct Made(Mutex<(u64, Bytes)>);

impl Made {
    fn of(&self, reading: u64, make: impl FnOnce() -> String) -> Bytes {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if made.1.is_empty() || made.0 != reading {
            *made = (reading, make().into());
        }
        made.1.clone()
    }
}

impl View {
    pub(super) fn new(watched: Arc<Watched>) -> Self {
        View {
            watched,
            timeline: Mutex::default(),
            readings: watch::Sender::new(0),
            fragment: Made::default(),
            report: Made::default(),
            last: OnceLock::new(),
        }
    }

    pub(super) fn timeline(&self) -> MutexGuard<'_, Timeline> {
        // Spans are pushed whole.
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over a second, and says that there is something new.
    pub(super) fn add(&self, second: &Second) {
        let mut timeline = self.timeline();
        timeline.follow(second);
        if !second.warming_up {
            let judge = |aggregate: &Aggregate| self.watched.thresholds.evaluate(aggregate, second.at);
            timeline.judge(second.at, &self.watched.measurements.read(judge));
        }
        drop(timeline);
        self.announce();
    }

    fn announce(&self) {
        self.readings.send_modify(|number| *number += 1);
    }

    /// Hears of what is new.
    pub(super) fn readings(&self) -> watch::Receiver<u64> {
        self.readings.subscribe()
    }

    /// The state that stays.
    pub(super) fn close(&self, summary: &Summary) {
        let timeline = self.timeline().clone();
        let fragment = html::fragment(summary, &timeline, Stage::Over).into();
        let report = html::render(summary, &timeline).into();
        // A run ends once.
        let _ = self.last.set(Last { fragment, report });
        self.announce();
    }

    /// Whether nothing more will change.
    pub(super) fn now_is_final(&self) -> bool {
        self.last.get().is_some()
    }

    /// What the page shows now, and whether that is final.
    pub(super) fn now(&self) -> (Bytes, Stage) {
        if let Some(last) = self.last.get() {
            return (last.fragment.clone(), Stage::Over);
        }
        let fragment = self.fragment.of(self.reading(), || {
            let summary = self.watched.summary();
            // Drawing takes a while: the next reading need not wait for it.
            let timeline = self.timeline().clone();
            html::fragment(&summary, &timeline, Stage::Running)
        });
        (fragment, Stage::Running)
    }

    /// The report as a file: the final one, or as it would be if the test ended now.
    pub(super) fn report(&self) -> Bytes {
        if let Some(last) = self.last.get() {
            return last.report.clone();
        }
        self.report.of(self.reading(), || {
            let summary = self.watched.summary();
            let timeline = self.timeline().clone();
            html::render(&summary, &timeline)
        })
    }

    fn reading(&self) -> u64 {
        *self.readings.borrow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_made_twice_of_one_reading() {
        let made = Made::default();
        assert_eq!(made.of(0, || "first".to_owned()), "first");
        assert_eq!(made.of(0, || unreachable!("it is there")), "first");
        assert_eq!(made.of(1, || "second".to_owned()), "second");
    }
}
