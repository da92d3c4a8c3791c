//! The option `goals`.

use plimsoll_metrics::Registry;
use plimsoll_plan::check_goals;
use serde_json::json;

use crate::support::{lines, plan, problems};

#[test]
fn rows_become_goals_with_names() {
    let plan = plan(&json!({ "goals": [
        { "name": "API P95", "metric": "http_req_duration", "target": "p(95)<200", "critical": "p(95)<500" },
        { "metric": "http_reqs{name:x}", "target": "rate>1000", "critical": "rate>500" },
    ] }));
    let names: Vec<&str> = plan.goals.iter().map(|goal| &*goal.name).collect();
    assert_eq!(names, ["API P95", "http_reqs{name:x} rate"]);
    assert_eq!(plan.selectors().count(), 2);
    assert!(check_goals(&plan, &Registry::new()).is_empty());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let told = problems(&json!({ "goals": [
        { "metrc": "http_reqs", "target": 5, "critical": "rate=1" },
        { "metric": "vus{", "target": "max==3", "critical": "max>1" },
        { "metric": "http_reqs", "target": "rate>10", "critical": "rate>20" },
        { "metric": "http_reqs", "target": "rate>10", "critical": "rate<20" },
        { "metric": "http_reqs", "target": "rate>10", "critical": "count>5" },
        { "name": "a", "metric": "http_reqs", "target": "rate>10", "critical": "rate>5" },
        { "name": "a", "metric": "http_reqs", "target": "rate>10", "critical": "rate>5" },
        "p(95)<200",
    ] }));
    for expected in [
        "goals[0].metrc (from a.js): unknown key (keys are name, metric, target, critical)",
        "goals[0].metric (from a.js): is missing",
        "goals[0].target (from a.js): must be a text, got 5",
        "goals[0].critical (from a.js): malformed threshold expression 'rate=1': no operator",
        "goals[1].metric (from a.js): 'vus{' has unbalanced braces",
        "goals[1].target (from a.js): 'max==3' is not a bound: expected <, <=, > or >=",
        "goals[2].critical (from a.js): must be looser than the target: \
         it is 'rate>20' and the target is 'rate>10'",
        "goals[3].critical (from a.js): must be a bound on the same side as the target",
        "goals[4].critical (from a.js): must be about the same aggregation as the target",
        "goals[6].name (from a.js): there is another goal 'a'",
        "goals[7] (from a.js): must be an object with name, metric, target, critical, got \"p(95)<200\"",
    ] {
        assert!(told.contains(expected), "{expected} is not in\n{told}");
    }
    assert_eq!(told.lines().count(), 11, "{told}");
}

#[test]
fn something_else_than_a_list_is_refused() {
    let told = problems(&json!({ "goals": "goals.json" }));
    assert_eq!(
        told,
        "goals (from a.js): must be a list of objects with name, metric, target and critical, \
         got \"goals.json\""
    );
}

#[test]
fn metrics_must_exist_and_have_the_aggregation() {
    let plan = plan(&json!({ "goals": [
        { "metric": "http_reqss", "target": "rate>10", "critical": "rate>5" },
        { "metric": "http_reqs", "target": "p(95)<10", "critical": "p(95)<20" },
    ] }));
    let problems = check_goals(&plan, &Registry::new());
    assert_eq!(
        lines(&problems),
        "goals[0].metric (from a.js): there is no metric 'http_reqss'\n\
         goals[1].target (from a.js): 'http_reqs' is a counter and has no 'p(95)'; it has count, rate"
    );
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `http_reqs`?"));
}
