//! `ramping-vus`: the number of VUs follows stages.

use std::time::Duration;

use super::{
    fields::{Fields, MAX_VUS},
    stages::read_stages,
};
use crate::{
    VuTimeline, duration,
    timeline::{Stage, peak, total_duration},
};

/// The settings of `ramping-vus`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RampingVus {
    /// How many VUs there are at the start.
    pub start_vus: u32,
    /// Where the number goes from there.
    pub stages: Vec<Stage>,
    /// How long a VU that is no longer wanted may finish its iteration.
    pub graceful_ramp_down: Duration,
}

const DEFAULT_RAMP_DOWN: Duration = Duration::from_secs(30);

impl RampingVus {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let start_vus = fields.vus("startVUs", 1);
        let stages = read_stages(fields, MAX_VUS);
        let graceful_ramp_down = fields.duration("gracefulRampDown", DEFAULT_RAMP_DOWN);
        let config = Self { start_vus, stages, graceful_ramp_down };
        if !config.stages.is_empty() && config.max_vus() == 0 {
            fields.problem("stages", "startVUs or the target of a stage must be more than 0");
        }
        config
    }

    pub(super) fn describe(&self, vus: u32) -> (String, Vec<String>) {
        let length = duration::format(self.duration());
        let what = format!("Up to {vus} looping VUs for {length} over {} stages", self.stages.len());
        let notes = match self.graceful_ramp_down {
            Duration::ZERO => Vec::new(),
            grace => vec![format!("gracefulRampDown: {}", duration::format(grace))],
        };
        (what, notes)
    }

    pub(super) fn max_vus(&self) -> u32 {
        peak(self.start_vus, &self.stages)
    }

    pub(super) fn duration(&self) -> Duration {
        total_duration(&self.stages)
    }

    pub(super) fn timeline(&self, graceful_stop: Duration) -> VuTimeline {
        VuTimeline::ramp(self.start_vus, self.stages.clone(), self.graceful_ramp_down, graceful_stop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::scenario::testing::{description, problems};

    #[test]
    fn describes_itself() {
        let scenario = json!({
            "executor": "ramping-vus", "gracefulRampDown": "1s",
            "stages": [{ "duration": "1s", "target": 3 }],
        });
        let expected = "Up to 3 looping VUs for 1s over 1 stages (gracefulRampDown: 1s, gracefulStop: 30s)";
        assert_eq!(description(&scenario), expected);
    }

    #[test]
    fn validates() {
        assert_eq!(problems(&json!({ "executor": "ramping-vus" })).len(), 1);
        assert_eq!(problems(&json!({ "executor": "ramping-vus", "stages": [] })).len(), 1);
        assert_eq!(problems(&json!({ "executor": "ramping-vus", "stages": [{}] })).len(), 2);
        let nobody =
            json!({ "executor": "ramping-vus", "startVUs": 0, "stages": [{ "duration": 1, "target": 0 }] });
        assert_eq!(problems(&nobody).len(), 1);
    }
}
