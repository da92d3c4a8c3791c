//! What has to hold: from the flags, else the script's goals, else its thresholds.

use plimsoll_metrics::{Registry, builtin};
use plimsoll_plan::Plan;
use plimsoll_report::capacity::{Objective, ObjectiveError};

use crate::failure::Failure;

/// What a service may fail, unless somebody says otherwise.
const ERROR_BUDGET: &str = "http_req_failed:rate<0.01";

/// The objectives of a search.
///
/// # Errors
/// All flags that are none, or when there is nothing to go by.
pub(super) fn of(flags: &[String], plan: &Plan, registry: &Registry) -> Result<Vec<Objective>, Failure> {
    let mut objectives =
        if flags.is_empty() { of_script(plan, registry) } else { of_flags(flags, registry)? };
    if objectives.is_empty() {
        let line = "  - slo: nothing says what has to hold\n    hint: --slo 'http_req_duration:p(95)<200'";
        return Err(Failure::Options(vec![line.to_owned()]));
    }
    let is_about_failures =
        |objective: &Objective| [builtin::HTTP_REQ_FAILED, builtin::CHECKS].contains(&objective.metric());
    if !objectives.iter().any(is_about_failures)
        && let Ok(budget) = Objective::parse(ERROR_BUDGET, registry)
    {
        objectives.push(budget.optional());
    }
    Ok(objectives)
}

fn of_flags(flags: &[String], registry: &Registry) -> Result<Vec<Objective>, Failure> {
    let (good, bad): (Vec<_>, Vec<_>) =
        flags.iter().map(|text| Objective::parse(text, registry)).partition(Result::is_ok);
    let problems: Vec<String> =
        bad.into_iter().filter_map(Result::err).map(|error| format!("  - slo: {error}")).collect();
    if problems.is_empty() {
        Ok(good.into_iter().flatten().collect())
    } else {
        Err(Failure::Options(problems))
    }
}

/// Goals are what the service should reach; thresholds are the next best thing. Some are no objectives.
fn of_script(plan: &Plan, registry: &Registry) -> Vec<Objective> {
    let goals = plan.goals.iter().map(|goal| (&goal.selector, &goal.target));
    let thresholds = plan
        .thresholds
        .iter()
        .flat_map(|spec| spec.thresholds.iter().map(|threshold| (&spec.selector, &threshold.expression)));
    let conditions: Vec<_> = if plan.goals.is_empty() { thresholds.collect() } else { goals.collect() };
    let read = conditions
        .into_iter()
        .map(|(selector, expression)| Objective::new(selector.clone(), expression.clone(), registry));
    let told = |objective: Result<Objective, ObjectiveError>| {
        objective.inspect_err(|error| tracing::warn!(target: "plimsoll", "{error}; it is left out")).ok()
    };
    read.filter_map(told).collect()
}
