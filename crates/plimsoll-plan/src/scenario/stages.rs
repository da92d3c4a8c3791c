//! Reading the stages of the ramping executors.

use super::fields::Fields;
use crate::{options::workload::StageSpec, timeline::Stage};

/// More stages than this is a generated mistake.
const MAX_STAGES: usize = 100_000;

/// Reads `stages`, whose targets may be at most `limit`. None at all, or a wrong one, is a problem.
pub(super) fn read_stages(fields: &mut Fields<'_>, limit: u64) -> Vec<Stage> {
    let specs: Option<Vec<StageSpec>> = fields.read("stages");
    fields.missing("stages", "at least one stage is required");
    let Some(specs) = specs else { return Vec::new() };
    if specs.is_empty() {
        fields.problem("stages", "at least one stage is required");
    }
    if specs.len() > MAX_STAGES {
        fields.problem("stages", &format!("can't be more than {MAX_STAGES} stages"));
        return Vec::new();
    }
    specs.iter().zip(1..).map(|(spec, number)| read_stage(fields, spec, number, limit)).collect()
}

fn read_stage(fields: &mut Fields<'_>, spec: &StageSpec, number: usize, limit: u64) -> Stage {
    if spec.duration.is_none() {
        fields.problem("stages", &format!("stage {number} doesn't have a duration"));
    }
    if spec.target.is_none() {
        fields.problem("stages", &format!("stage {number} doesn't have a target"));
    }
    let target = spec.target.unwrap_or(0);
    if target > limit {
        fields.problem("stages", &format!("the target of stage {number} can't be more than {limit}"));
    }
    Stage { duration: spec.duration.unwrap_or_default(), target: target.min(limit) as u32 }
}
