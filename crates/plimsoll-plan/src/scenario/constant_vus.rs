//! `constant-vus`: a fixed number of VUs loops for a fixed time.

use std::time::Duration;

use super::{fields::Fields, shared_iterations::MIN_DURATION};
use crate::{VuTimeline, duration};

/// The settings of `constant-vus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConstantVus {
    /// How many VUs loop.
    pub vus: u32,
    /// For how long.
    pub duration: Duration,
}

impl ConstantVus {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let vus = fields.vus("vus", 1);
        let duration = fields.read("duration");
        fields.missing("duration", "the duration is required");
        if vus == 0 {
            fields.problem("vus", "the number of VUs must be more than 0");
        }
        if duration.is_some_and(|duration| duration < MIN_DURATION) {
            fields.problem("duration", "must be at least 1s");
        }
        Self { vus, duration: duration.unwrap_or(MIN_DURATION) }
    }

    pub(super) fn describe(&self, vus: u32) -> (String, Vec<String>) {
        (format!("{vus} looping VUs for {}", duration::format(self.duration)), Vec::new())
    }

    pub(super) fn timeline(&self, graceful_stop: Duration) -> VuTimeline {
        VuTimeline::constant(self.vus, self.duration, graceful_stop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::scenario::testing::{description, problems};

    #[test]
    fn describes_itself() {
        let scenario = json!({ "executor": "constant-vus", "vus": 2, "duration": "2s" });
        assert_eq!(description(&scenario), "2 looping VUs for 2s (gracefulStop: 30s)");
        let busy = json!({
            "executor": "constant-vus", "duration": "2s", "exec": "f", "startTime": "1s", "gracefulStop": "0",
        });
        assert_eq!(description(&busy), "1 looping VUs for 2s (exec: f, startTime: 1s)");
    }

    #[test]
    fn validates() {
        let scenario = json!({ "executor": "constant-vus", "vus": 0 });
        assert_eq!(
            problems(&scenario),
            [
                "scenarios.s.duration (from a.js): the duration is required",
                "scenarios.s.vus (from a.js): the number of VUs must be more than 0, got 0",
            ]
        );
    }
}
