//! Whether the generator keeps up: the verdict on a measurement, for the plateau that is under way.

use plimsoll_metrics::Aggregate;
use plimsoll_report::validity::{Blame, Trust, judge};
use plimsoll_report::{Observations, Vitals};

use crate::vitals::Monitor;

/// Judges one plateau after the other.
pub(super) struct Generator {
    monitor: Monitor,
    before: Vitals,
    recorded: Aggregate,
    /// How much of the plateau has been seen, and judged, in seconds.
    seen: f64,
    judged: f64,
    trouble: Option<String>,
}

/// When a load has just changed, timers and connections are late by nature.
const SETTLES: f64 = 1.0;
/// How often it is judged.
const LOOKS: f64 = 0.5;

impl Generator {
    pub(super) fn new(monitor: Monitor) -> Self {
        let before = monitor.vitals();
        let recorded = Aggregate::new();
        Generator { monitor, before, recorded, seen: 0.0, judged: 0.0, trouble: None }
    }

    /// Another load begins.
    pub(super) fn restart(&mut self) {
        *self = Self::new(self.monitor.clone());
    }

    /// What keeps the generator from doing what is asked of it, if anything does.
    pub(super) fn trouble(&mut self, part: &Aggregate, seconds: f64) -> Option<String> {
        let settles = self.seen < SETTLES;
        self.seen += seconds;
        if settles {
            self.before = self.monitor.vitals();
            return None;
        }
        self.recorded.merge_all(part);
        if self.seen - self.judged >= LOOKS {
            self.judged = self.seen;
            let vitals = self.monitor.vitals().since(&self.before);
            let mut observations = Observations::new(vitals, &self.recorded);
            // Iterations that are still under way are no sign of anything.
            observations.iterations = observations.iterations.max(1);
            let reasons = judge(&observations).reasons;
            let limits = reasons
                .into_iter()
                .find(|reason| reason.verdict == Trust::Invalid && reason.blame == Blame::Generator);
            self.trouble = limits.map(|reason| reason.observed);
        }
        self.trouble.clone()
    }
}
