//! Thresholds and goals that no sample can reach: the metric is never emitted, or no sample has the tags.
//!
//! Only what is certain counts. Such a threshold has no data, which fails the run; so has a goal.

use std::fmt::Display;

use plimsoll_metrics::nearest::nearest;
use plimsoll_metrics::{Goal, Selector, ThresholdSpec};
use plimsoll_plan::Plan;
use plimsoll_plan::options::tags::SystemTag;

use super::facts::{Facts, Literals};
use super::finding::{Finding, Level};

/// Everything that is wrong with what thresholds and goals select, and the path of the option.
pub(super) fn judge(plan: &Plan, facts: &Facts) -> Vec<(String, Finding)> {
    let threshold = |spec: &ThresholdSpec| {
        judge_one("threshold", &format!("thresholds.{}", spec.selector), &spec.selector, plan, facts)
    };
    let goal = |(place, goal): (usize, &Goal)| {
        judge_one("goal", &format!("goals[{place}]"), &goal.selector, plan, facts)
    };
    let of_thresholds = plan.thresholds.iter().flat_map(threshold);
    of_thresholds.chain(plan.goals.iter().enumerate().flat_map(goal)).collect()
}

fn judge_one(
    what: &str,
    path: &str,
    selector: &Selector,
    plan: &Plan,
    facts: &Facts,
) -> Vec<(String, Finding)> {
    let found: Vec<Finding> = match why_never_emitted(selector.metric(), plan, facts) {
        Some(why) => vec![error(why, None)],
        None => {
            let tags = selector.filter().iter();
            tags.filter_map(|(key, value)| tag(key, value, selector.metric(), plan, facts)).collect()
        }
    };
    let told = |finding: Finding| {
        let message = format!("the {what} will have no data: {}", finding.message);
        (path.to_owned(), Finding { message, ..finding })
    };
    found.into_iter().map(told).collect()
}

/// Why no sample of a metric is ever emitted; `None` when some may be.
fn why_never_emitted(metric: &str, plan: &Plan, facts: &Facts) -> Option<String> {
    let is_scheduled = plan.scenarios.iter().any(|scenario| scenario.peak_rate().is_some());
    match metric {
        "iteration_lateness" | "http_req_response_time" if !is_scheduled => {
            Some(format!("`{metric}` needs a scenario with an arrival rate"))
        }
        metric => facts.why_never_emitted(metric),
    }
}

/// What is wrong with one condition of a filter.
fn tag(key: &str, value: &str, metric: &str, plan: &Plan, facts: &Facts) -> Option<Finding> {
    let system = SystemTag::ALL.iter().find(|tag| tag.as_str() == key);
    // The one tag of our modules that is not a system tag.
    let is_the_modules = key == "event" && ["socketio_", "sse_"].iter().any(|own| metric.starts_with(own));
    let is_known = is_the_modules || !facts.tags.certainly_lack(key) || facts.has_unread_code;
    let by_option = plan.options.tags.iter().chain(plan.scenarios.iter().flat_map(|s| s.tags.iter()));
    let Some(system) = system else {
        let by_option: Vec<&str> = by_option.map(|(name, _)| name).collect();
        if is_known || by_option.contains(&key) {
            return None;
        }
        let names = SystemTag::ALL.iter().map(|tag| tag.as_str());
        let names = names.chain(by_option).chain(facts.tags.names.iter().map(String::as_str));
        return Some(warning(format!("no code sets the tag `{key}`"), nearest(key, names)));
    };
    if facts.tags.names.contains(key) || facts.has_unread_code {
        return None;
    }
    if !plan.options.system_tags.contains(*system) {
        return Some(error(format!("`systemTags` leaves the tag `{key}` out"), None));
    }
    impossible(*system, value, metric, plan, facts)
}

/// Why a tag that plimsoll sets itself never has this value.
fn impossible(tag: SystemTag, value: &str, metric: &str, plan: &Plan, facts: &Facts) -> Option<Finding> {
    let is_http = metric.starts_with("http_req");
    match tag {
        SystemTag::Scenario if !plan.scenarios.iter().any(|scenario| scenario.name == value) => {
            let names = plan.scenarios.iter().map(|scenario| scenario.name.as_str());
            let near = nearest(value, names.clone());
            let all = names.collect::<Vec<_>>().join(", ");
            Some(error(format!("there is no scenario `{value}`, but {all}"), near))
        }
        SystemTag::Group => group(value, &facts.groups),
        SystemTag::Check if facts.checks.certainly_lack(value) => {
            let near = nearest(value, facts.checks.names.iter().map(String::as_str));
            Some(warning(format!("no check is called '{value}'"), near))
        }
        SystemTag::Status if is_http && !value.parse().is_ok_and(|status: u16| status < 1000) => {
            Some(error(format!("`status` is a number such as 200, never '{value}'"), None))
        }
        SystemTag::ExpectedResponse if is_http && !matches!(value, "true" | "false") => {
            Some(error(format!("`expected_response` is true or false, never '{value}'"), None))
        }
        SystemTag::Method if is_http && is_misspelt(value) && !facts.may_use("k6/http", "request") => {
            let capitals = value.to_ascii_uppercase();
            Some(error(format!("methods are in capital letters: `{capitals}`, never '{value}'"), None))
        }
        SystemTag::Url if is_http && !value.contains("://") => {
            Some(warning(format!("`url` is a whole address with its scheme, never '{value}'"), None))
        }
        _ => None,
    }
}

fn is_misspelt(method: &str) -> bool {
    let capitals = method.to_ascii_uppercase();
    method != capitals
        && ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&capitals.as_str())
}

/// Groups are paths: `::outer::inner`.
fn group(path: &str, names: &Literals) -> Option<Finding> {
    if path.is_empty() {
        return None;
    }
    let Some(parts) = path.strip_prefix("::") else {
        return Some(error(format!("`group` is a path: `::{path}`, never '{path}'"), None));
    };
    let phases = ["setup", "teardown"];
    let lacking = parts.split("::").find(|part| names.certainly_lack(part) && !phases.contains(part))?;
    let near = nearest(lacking, names.names.iter().map(String::as_str));
    Some(warning(format!("no group is called '{lacking}'"), near))
}

fn error(message: impl Display, near: Option<&str>) -> Finding {
    finding(Level::Error, message, near)
}

fn warning(message: impl Display, near: Option<&str>) -> Finding {
    finding(Level::Warning, message, near)
}

fn finding(level: Level, message: impl Display, near: Option<&str>) -> Finding {
    Finding::new(level, "no-such-samples", message.to_string())
        .hint(near.map(|near| format!("did you mean `{near}`?")))
}
