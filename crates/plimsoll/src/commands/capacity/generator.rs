//! Whether the generator keeps up: the verdict on a measurement, for the plateau that is under way.

use plimsoll_metrics::Aggregate;
use plimsoll_report::validity::{Blame, Reason, Trust, judge};
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
/// What is no matter of time: requests that never left this machine.
const AT_ONCE: [&str; 2] = ["descriptors-exhausted", "ports-exhausted"];
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
            let fails = |reason: &Reason| AT_ONCE.contains(&&*reason.rule);
            return limit(&Vitals::default(), part, fails);
        }
        self.recorded.merge_all(part);
        if self.seen - self.judged >= LOOKS {
            self.judged = self.seen;
            let vitals = self.monitor.vitals().since(&self.before);
            self.trouble = limit(&vitals, &self.recorded, |_| true);
        }
        self.trouble.clone()
    }
}

/// The first of the reasons that count for which nothing can be said of the target.
fn limit(vitals: &Vitals, recorded: &Aggregate, counts: impl Fn(&Reason) -> bool) -> Option<String> {
    let mut observations = Observations::new(vitals.clone(), recorded);
    // Iterations that are still under way are no sign of anything.
    observations.iterations = observations.iterations.max(1);
    let blames = |reason: &Reason| reason.verdict == Trust::Invalid && reason.blame == Blame::Generator;
    let reasons = judge(&observations).reasons;
    reasons.into_iter().find(|reason| blames(reason) && counts(reason)).map(|reason| reason.observed)
}

#[cfg(test)]
mod tests {
    use plimsoll_metrics::{MetricKind, Sink, Tags, Timestamp, builtin};

    use super::*;

    /// What 20 requests leave that came to this end.
    fn part(error: &str) -> Aggregate {
        let mut sink = Sink::new(MetricKind::Counter);
        (0..20).for_each(|_| sink.record(1.0, Timestamp(1)));
        let tags = Tags::new(vec![("error".into(), error.into())]);
        let mut part = Aggregate::new();
        part.add(builtin::HTTP_REQS, &tags, &sink, (Timestamp(1), Timestamp(1)));
        part
    }

    #[test]
    fn requests_that_never_left_are_not_the_targets_even_at_first() {
        let mut generator = Generator::new(Monitor::new());
        let trouble = generator.trouble(&part("connect: Too many open files (os error 24)"), 0.25);
        assert_eq!(trouble.as_deref(), Some("20 requests found no free file descriptor"));
        generator.restart();
        assert_eq!(generator.trouble(&part("connect: refused (os error 111)"), 0.25), None);
    }
}
