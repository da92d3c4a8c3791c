//! `vus`, `duration`, `iterations` and `stages` as one scenario named `default`.

use serde_json::{Map, Value, json};

use super::{merge::Merged, value::OptionValue, workload::ScenarioSpecs};
use crate::{Problem, Warning};

/// Which shorthands are set.
struct Set {
    iterations: bool,
    duration: bool,
    stages: bool,
    scenarios: bool,
}

/// The scenarios of the merged options: as written, or made from the shorthands.
///
/// The second value is the key that the scenarios came from: messages about them name it.
pub(crate) fn scenario_specs(merged: &mut Merged) -> (ScenarioSpecs, &'static str) {
    let workload = &merged.workload;
    let set = Set {
        iterations: workload.iterations.is_some(),
        duration: workload.duration.is_some(),
        stages: workload.stages.as_ref().is_some_and(|stages| !stages.is_empty()),
        scenarios: workload.scenarios.as_ref().is_some_and(|scenarios| !scenarios.0.is_empty()),
    };
    refuse_conflicts(merged, &set);
    if set.iterations {
        return (from_iterations(merged), "iterations");
    }
    if set.duration {
        return (from_duration(merged), "duration");
    }
    if set.stages {
        return (from_stages(merged), "stages");
    }
    if let Some(vus) = merged.workload.vus {
        return (from_vus(merged, vus, set.scenarios), "vus");
    }
    match &merged.workload.scenarios {
        Some(scenarios) if set.scenarios => (scenarios.clone(), "scenarios"),
        _ => (one_iteration(merged), "default"),
    }
}

fn refuse_conflicts(merged: &mut Merged, set: &Set) {
    let pairs = [
        ("iterations", set.iterations, "stages", set.stages),
        ("iterations", set.iterations, "scenarios", set.scenarios),
        ("duration", set.duration, "stages", set.stages),
        ("duration", set.duration, "scenarios", set.scenarios),
        ("stages", set.stages, "scenarios", set.scenarios),
    ];
    // `iterations` with `duration` is no conflict: the duration is the iterations' limit.
    for (key, set, other, other_set) in pairs {
        if set && other_set {
            let source = merged.source(key);
            let message = format!("can't be used together with {other}; set one of them");
            merged.problems.push(Problem::new(key, &source, message));
        }
    }
    if merged.workload.duration.is_some_and(|duration| duration.is_zero()) {
        let source = merged.source("duration");
        merged.problems.push(Problem::new("duration", &source, "must be more than 0").got("0s"));
    }
}

/// The one scenario that a shorthand stands for. Absent parts are left to the executor's defaults.
fn default_scenario(executor: &str, parts: &[(&str, Option<Value>)]) -> ScenarioSpecs {
    let mut scenario = Map::new();
    scenario.insert("executor".to_owned(), executor.into());
    for (key, value) in parts {
        if let Some(value) = value {
            scenario.insert((*key).to_owned(), value.clone());
        }
    }
    ScenarioSpecs(Map::from_iter([("default".to_owned(), Value::Object(scenario))]))
}

fn from_iterations(merged: &Merged) -> ScenarioSpecs {
    let workload = &merged.workload;
    default_scenario(
        "shared-iterations",
        &[
            ("vus", workload.vus.map(Value::from)),
            ("iterations", workload.iterations.map(Value::from)),
            ("maxDuration", workload.duration.map(|duration| duration.to_json())),
        ],
    )
}

fn from_duration(merged: &Merged) -> ScenarioSpecs {
    let workload = &merged.workload;
    let duration = workload.duration.map(|duration| duration.to_json());
    default_scenario("constant-vus", &[("vus", workload.vus.map(Value::from)), ("duration", duration)])
}

fn from_stages(merged: &Merged) -> ScenarioSpecs {
    let workload = &merged.workload;
    let stages = workload.stages.as_ref().map(OptionValue::to_json);
    default_scenario("ramping-vus", &[("startVUs", workload.vus.map(Value::from)), ("stages", stages)])
}

/// A number of VUs alone means one iteration for each.
fn from_vus(merged: &mut Merged, vus: u64, overrides_scenarios: bool) -> ScenarioSpecs {
    if overrides_scenarios {
        let source = merged.source("vus");
        let message = "replaces the scenarios by one iteration for each VU, because no duration is set";
        merged.warnings.push(Warning::new("vus", &source, message).hint(Some("remove `vus`".to_owned())));
    }
    default_scenario("shared-iterations", &[("vus", Some(json!(vus))), ("iterations", Some(json!(vus)))])
}

fn one_iteration(merged: &mut Merged) -> ScenarioSpecs {
    let empty =
        [("stages", merged.workload.stages.is_some()), ("scenarios", merged.workload.scenarios.is_some())];
    for (key, _) in empty.into_iter().filter(|(_, set)| *set) {
        let source = merged.source(key);
        let message = "is empty, so one VU runs one iteration";
        merged.warnings.push(Warning::new(key, &source, message));
    }
    default_scenario("per-vu-iterations", &[])
}
