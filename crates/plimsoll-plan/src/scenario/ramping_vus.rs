//! `ramping-vus`: the number of VUs follows stages.

use std::time::Duration;

use super::fields::{Fields, MAX_VUS};
use crate::{
    VuTimeline, duration,
    options::workload::StageSpec,
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

/// More stages than this is a generated mistake.
const MAX_STAGES: usize = 100_000;

impl RampingVus {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let start_vus = fields.vus("startVUs", 1);
        let specs: Option<Vec<StageSpec>> = fields.read("stages");
        let graceful_ramp_down = fields.duration("gracefulRampDown", DEFAULT_RAMP_DOWN);
        fields.missing("stages", "at least one stage is required");
        let stages = specs.map(|specs| read_stages(fields, &specs)).unwrap_or_default();
        let config = Self { start_vus, stages, graceful_ramp_down };
        if !config.stages.is_empty() && config.max_vus() == 0 {
            fields.problem("stages", "startVUs or the target of a stage must be more than 0");
        }
        config
    }

    pub(super) fn describe(&self) -> (String, Vec<String>) {
        let length = duration::format(self.duration());
        let what =
            format!("Up to {} looping VUs for {length} over {} stages", self.max_vus(), self.stages.len());
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

fn read_stages(fields: &mut Fields<'_>, specs: &[StageSpec]) -> Vec<Stage> {
    if specs.is_empty() {
        fields.problem("stages", "at least one stage is required");
    }
    if specs.len() > MAX_STAGES {
        fields.problem("stages", &format!("can't be more than {MAX_STAGES} stages"));
        return Vec::new();
    }
    specs.iter().zip(1..).map(|(spec, number)| read_stage(fields, spec, number)).collect()
}

fn read_stage(fields: &mut Fields<'_>, spec: &StageSpec, number: usize) -> Stage {
    if spec.duration.is_none() {
        fields.problem("stages", &format!("stage {number} doesn't have a duration"));
    }
    if spec.target.is_none() {
        fields.problem("stages", &format!("stage {number} doesn't have a target"));
    }
    let target = spec.target.unwrap_or(0);
    if target > MAX_VUS {
        fields.problem("stages", &format!("the target of stage {number} can't be more than {MAX_VUS}"));
    }
    Stage { duration: spec.duration.unwrap_or_default(), target: target.min(MAX_VUS) as u32 }
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
