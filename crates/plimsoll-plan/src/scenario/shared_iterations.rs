//! `shared-iterations`: VUs race on one counter until it is used up.

use std::time::Duration;

use super::fields::Fields;
use crate::{VuTimeline, duration};

/// The settings of `shared-iterations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedIterations {
    /// How many VUs take part.
    pub vus: u32,
    /// How many iterations there are in all.
    pub iterations: u64,
    /// When no more iterations are started.
    pub max_duration: Duration,
}

/// Both iteration executors stop after this unless told otherwise.
pub(super) const DEFAULT_MAX_DURATION: Duration = Duration::from_secs(600);

/// The shortest duration an executor takes.
pub(super) const MIN_DURATION: Duration = Duration::from_secs(1);

impl SharedIterations {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let vus = fields.vus("vus", 1);
        let iterations = fields.read("iterations").unwrap_or(1);
        let max_duration = fields.duration("maxDuration", DEFAULT_MAX_DURATION);
        check_vus_and_duration(fields, vus, max_duration);
        if iterations < u64::from(vus) {
            let message = format!("the iterations ({iterations}) can't be fewer than the VUs ({vus})");
            fields.problem("iterations", &message);
        }
        Self { vus, iterations, max_duration }
    }

    pub(super) fn describe(&self, vus: u32, iterations: u64) -> (String, Vec<String>) {
        let what = format!("{iterations} iterations shared among {vus} VUs");
        (what, vec![format!("maxDuration: {}", duration::format(self.max_duration))])
    }

    pub(super) fn timeline(&self, graceful_stop: Duration) -> VuTimeline {
        VuTimeline::constant(self.vus, self.max_duration, graceful_stop)
    }
}

/// The rules that both iteration executors share.
pub(super) fn check_vus_and_duration(fields: &mut Fields<'_>, vus: u32, max_duration: Duration) {
    if vus == 0 {
        fields.problem("vus", "the number of VUs must be more than 0");
    }
    if max_duration < MIN_DURATION {
        fields.problem("maxDuration", "must be at least 1s");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::scenario::testing::{description, problems};

    #[test]
    fn describes_itself() {
        let scenario = json!({ "executor": "shared-iterations", "vus": 2, "iterations": 6 });
        let expected = "6 iterations shared among 2 VUs (maxDuration: 10m0s, gracefulStop: 30s)";
        assert_eq!(description(&scenario), expected);
    }

    #[test]
    fn validates() {
        let scenario = json!({ "executor": "shared-iterations", "vus": 3, "maxDuration": "500ms" });
        assert_eq!(
            problems(&scenario),
            [
                "scenarios.s.maxDuration (from a.js): must be at least 1s, got \"500ms\"",
                "scenarios.s.iterations (from a.js): the iterations (1) can't be fewer than the VUs (3)",
            ]
        );
        let none = json!({ "executor": "shared-iterations", "vus": 0, "iterations": 0 });
        assert_eq!(problems(&none).len(), 1);
    }
}
