//! `vus`, `duration`, `iterations` and `stages` as one scenario named `default`.
//!
//! A shorthand is written out as that scenario and then read like any other, so that all rules are in one
//! place; messages name the shorthand's own keys ([`shorthand_key`]).

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

/// What runs, as written.
pub(crate) enum Workload {
    /// `scenarios`.
    Scenarios(ScenarioSpecs),
    /// The one scenario that the shorthands stand for.
    Shorthand(Map<String, Value>),
}

/// The workload of the merged options.
pub(crate) fn workload_of(merged: &mut Merged) -> Workload {
    let workload = &merged.workload;
    let set = Set {
        iterations: workload.iterations.is_some(),
        duration: workload.duration.is_some(),
        stages: workload.stages.as_ref().is_some_and(|stages| !stages.is_empty()),
        scenarios: workload.scenarios.as_ref().is_some_and(|scenarios| !scenarios.0.is_empty()),
    };
    refuse_conflicts(merged, &set);
    Workload::Shorthand(if set.iterations {
        from_iterations(merged)
    } else if set.duration {
        from_duration(merged)
    } else if set.stages {
        from_stages(merged)
    } else if let Some(vus) = merged.workload.vus {
        from_vus(merged, vus, set.scenarios)
    } else if set.scenarios {
        return Workload::Scenarios(merged.workload.scenarios.take().unwrap_or_default());
    } else {
        one_iteration(merged)
    })
}

/// The option behind a key of the scenario that a shorthand stands for.
pub(crate) fn shorthand_key(key: &str) -> &str {
    match key {
        "maxDuration" => "duration",
        "startVUs" => "vus",
        key => key,
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
fn default_scenario(executor: &str, parts: &[(&str, Option<Value>)]) -> Map<String, Value> {
    let mut scenario = Map::new();
    scenario.insert("executor".to_owned(), executor.into());
    for (key, value) in parts {
        if let Some(value) = value {
            scenario.insert((*key).to_owned(), value.clone());
        }
    }
    scenario
}

fn from_iterations(merged: &Merged) -> Map<String, Value> {
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

fn from_duration(merged: &Merged) -> Map<String, Value> {
    let workload = &merged.workload;
    let duration = workload.duration.map(|duration| duration.to_json());
    default_scenario("constant-vus", &[("vus", workload.vus.map(Value::from)), ("duration", duration)])
}

fn from_stages(merged: &Merged) -> Map<String, Value> {
    let workload = &merged.workload;
    let stages = workload.stages.as_ref().map(OptionValue::to_json);
    default_scenario("ramping-vus", &[("startVUs", workload.vus.map(Value::from)), ("stages", stages)])
}

/// A number of VUs alone means one iteration for each.
fn from_vus(merged: &mut Merged, vus: u64, overrides_scenarios: bool) -> Map<String, Value> {
    if overrides_scenarios {
        let source = merged.source("vus");
        let message = "replaces the scenarios by one iteration for each VU, because no duration is set";
        merged.warnings.push(Warning::new("vus", &source, message).hint(Some("remove `vus`".to_owned())));
    }
    default_scenario("shared-iterations", &[("vus", Some(json!(vus))), ("iterations", Some(json!(vus)))])
}

fn one_iteration(merged: &mut Merged) -> Map<String, Value> {
    let empty =
        [("stages", merged.workload.stages.is_some()), ("scenarios", merged.workload.scenarios.is_some())];
    for (key, _) in empty.into_iter().filter(|(_, set)| *set) {
        let source = merged.source(key);
        let message = "is empty, so one VU runs one iteration";
        merged.warnings.push(Warning::new(key, &source, message));
    }
    default_scenario("per-vu-iterations", &[])
}
