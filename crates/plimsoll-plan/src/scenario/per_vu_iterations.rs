//! `per-vu-iterations`: every VU runs the same number of iterations.

use std::time::Duration;

use super::{
    fields::Fields,
    shared_iterations::{DEFAULT_MAX_DURATION, check_vus_and_duration},
};
use crate::{VuTimeline, duration};

/// The settings of `per-vu-iterations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerVuIterations {
    /// How many VUs take part.
    pub vus: u32,
    /// How many iterations each of them runs.
    pub iterations: u64,
    /// When no more iterations are started.
    pub max_duration: Duration,
}

impl PerVuIterations {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let vus = fields.vus("vus", 1);
        let iterations = fields.read("iterations").unwrap_or(1);
        let max_duration = fields.duration("maxDuration", DEFAULT_MAX_DURATION);
        check_vus_and_duration(fields, vus, max_duration);
        if iterations == 0 {
            fields.problem("iterations", "the number of iterations must be more than 0");
        }
        Self { vus, iterations, max_duration }
    }

    pub(super) fn describe(&self, vus: u32) -> (String, Vec<String>) {
        let what = format!("{} iterations for each of {vus} VUs", self.iterations);
        (what, vec![format!("maxDuration: {}", duration::format(self.max_duration))])
    }

    pub(super) fn timeline(&self, graceful_stop: Duration) -> VuTimeline {
        VuTimeline::constant(self.vus, self.max_duration, graceful_stop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::scenario::testing::{description, problems};

    #[test]
    fn describes_itself() {
        let scenario = json!({ "executor": "per-vu-iterations", "vus": 2, "iterations": 3 });
        let expected = "3 iterations for each of 2 VUs (maxDuration: 10m0s, gracefulStop: 30s)";
        assert_eq!(description(&scenario), expected);
    }

    #[test]
    fn validates() {
        let scenario =
            json!({ "executor": "per-vu-iterations", "vus": 0, "iterations": 0, "maxDuration": 0 });
        assert_eq!(problems(&scenario).len(), 3);
    }
}
