//! Layers from literals.

use plimsoll_plan::{OptionsLayer, Origin, Plan, Problem, resolve};
use serde_json::Value;

/// The layer of a script's options.
pub(crate) fn script(options: &Value) -> OptionsLayer {
    OptionsLayer::from_json(Origin::Script("a.js".to_owned()), options)
}

/// The plan of a script without anything else.
pub(crate) fn plan(options: &Value) -> Plan {
    resolve(vec![script(options)]).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

/// The problems of a script without anything else, one a line.
pub(crate) fn problems(options: &Value) -> String {
    lines(&resolve(vec![script(options)]).expect_err("there should be problems"))
}

/// Problems one a line.
pub(crate) fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The one scenario, which must be a shorthand's, as k6 describes it.
pub(crate) fn only_scenario(plan: &Plan) -> String {
    let [scenario] = &plan.scenarios[..] else { panic!("{} scenarios", plan.scenarios.len()) };
    assert_eq!(scenario.name, "default");
    format!("{}: {}", scenario.executor.name(), scenario.describe())
}

/// The warnings one a line.
pub(crate) fn warnings(plan: &Plan) -> String {
    plan.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
