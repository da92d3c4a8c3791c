//! Layers, shorthands, conflicts, support, thresholds.

use std::time::Duration;

use plimsoll_metrics::Registry;
use plimsoll_plan::{OptionsLayer, Origin, Schedule, Source, check_thresholds, resolve};
use serde_json::json;

use crate::support::{lines, only_scenario, plan, problems, script, warnings};

#[test]
fn shorthands_become_one_scenario() {
    let ramp =
        "ramping-vus: Up to 3 looping VUs for 1s over 1 stages (gracefulRampDown: 30s, gracefulStop: 30s)";
    let cases = [
        (
            json!({ "iterations": 6, "vus": 2, "duration": "1m" }),
            "shared-iterations: 6 iterations shared among 2 VUs (maxDuration: 1m0s, gracefulStop: 30s)",
        ),
        (json!({ "duration": "2s", "vus": "2" }), "constant-vus: 2 looping VUs for 2s (gracefulStop: 30s)"),
        (json!({ "stages": [{ "duration": "1s", "target": 3 }] }), ramp),
        (
            json!({ "vus": 4 }),
            "shared-iterations: 4 iterations shared among 4 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
        ),
        (
            json!({}),
            "per-vu-iterations: 1 iterations for each of 1 VUs (maxDuration: 10m0s, gracefulStop: 30s)",
        ),
    ];
    for (options, expected) in cases {
        assert_eq!(only_scenario(&plan(&options)), expected, "{options}");
    }
}

#[test]
fn stages_start_from_one_vu() {
    let plan =
        plan(&json!({ "stages": [{ "duration": "2s", "target": 1 }, { "duration": "0", "target": 0 }] }));
    let Schedule::Vus(timeline) = plan.scenarios[0].schedule() else { panic!() };
    assert_eq!(timeline.activations(0)[0].start, Duration::ZERO);
}

#[test]
fn shorthands_that_contradict_each_other_are_problems() {
    let scenario = json!({ "s": { "executor": "constant-vus", "duration": "1s" } });
    let stages = json!([{ "duration": "1s", "target": 3 }]);
    let cases = [
        (
            json!({ "iterations": 1, "stages": stages }),
            "iterations (from a.js): can't be used together with stages",
        ),
        (
            json!({ "iterations": 1, "scenarios": scenario }),
            "iterations (from a.js): can't be used together with scenarios",
        ),
        (
            json!({ "duration": "1s", "stages": stages }),
            "duration (from a.js): can't be used together with stages",
        ),
        (
            json!({ "duration": "1s", "scenarios": scenario }),
            "duration (from a.js): can't be used together with scenarios",
        ),
        (
            json!({ "stages": stages, "scenarios": scenario }),
            "stages (from a.js): can't be used together with scenarios",
        ),
        (json!({ "duration": "0s" }), "duration (from a.js): must be more than 0, got 0s"),
        (
            json!({ "duration": "-1s" }),
            "duration (from a.js): must be a duration: a duration can't be negative",
        ),
        (
            json!({ "vus": 0, "duration": "1s" }),
            "vus (from a.js): the number of VUs must be more than 0, got 0",
        ),
        (
            json!({ "iterations": 1, "duration": "5ms" }),
            "duration (from a.js): must be at least 1s, got \"5ms\"",
        ),
        (json!({ "scenarios": { "s": [] } }), "scenarios.s (from a.js): must be an object, got []"),
        (
            json!({ "iterations": 1, "vus": 2 }),
            "iterations (from a.js): the iterations (1) can't be fewer than the VUs (2)",
        ),
    ];
    for (options, expected) in cases {
        let text = problems(&options);
        assert!(text.contains(expected), "{options}\n{text}");
    }
}

#[test]
fn empty_workloads_warn_and_run_once() {
    for options in [json!({ "stages": [] }), json!({ "scenarios": {} })] {
        let plan = plan(&options);
        assert!(only_scenario(&plan).starts_with("per-vu-iterations"));
        assert!(warnings(&plan).contains("is empty"), "{options}");
    }
}

#[test]
fn vus_alone_replace_scenarios_with_a_warning() {
    let options = json!({ "vus": 2, "scenarios": { "s": { "executor": "constant-vus", "duration": "1s" } } });
    let plan = plan(&options);
    assert!(only_scenario(&plan).starts_with("shared-iterations: 2 iterations"));
    assert!(warnings(&plan).contains("replaces the scenarios"));
}

#[test]
fn a_higher_layer_wipes_the_workload_of_lower_ones() {
    let low = script(&json!({
        "vus": 3, "tags": { "a": "b" },
        "scenarios": { "s": { "executor": "constant-vus", "duration": "1s" } },
    }));
    let mut high = OptionsLayer::new(Origin::Flags);
    high.iterations = Some(9);
    let plan = resolve(vec![high, low]).expect("no contradiction is left");
    assert!(only_scenario(&plan).starts_with("shared-iterations: 9 iterations shared among 3 VUs"));
    assert!(
        warnings(&plan).contains("\"cli\" level configuration overrode scenarios configuration entirely")
    );
    assert_eq!(plan.source("iterations"), Source::Flag("--iterations".to_owned()));
    assert_eq!(plan.source("vus"), Source::Script("a.js".to_owned()));
}

#[test]
fn layers_override_field_by_field_and_remember_who_did() {
    let config = OptionsLayer::from_json(
        Origin::ConfigFile("c.json".to_owned()),
        &json!({ "maxRedirects": 1, "throw": true }),
    );
    let script = script(&json!({ "maxRedirects": 2, "setupTimeout": "5s" }));
    let env = OptionsLayer::from_env([("K6_MAX_REDIRECTS", "3"), ("K6_TAGS", "a:b")]);
    let plan = resolve(vec![env, script, config]).expect("valid");
    assert_eq!(plan.options.max_redirects, 3);
    assert!(plan.options.throw);
    assert_eq!(plan.options.setup_timeout, Duration::from_secs(5));
    assert_eq!(plan.source("maxRedirects").to_string(), "K6_MAX_REDIRECTS");
    assert_eq!(plan.source("throw").to_string(), "c.json");
    assert_eq!(plan.source("batch"), Source::Default);
}

#[test]
fn all_problems_come_at_once() {
    let options = json!({
        "vus": "many",
        "setupTimeout": 0,
        "thresholds": { "http_reqs{": ["count>1"], "checks": ["rate"] },
        "scenarios": { "a b": { "executor": "nope" }, "s": { "executor": "constant-vus", "maxVUs": 1 } },
    });
    let text = problems(&options);
    for expected in [
        "vus (from a.js): must be an integer, got \"many\"",
        "setupTimeout (from a.js): must be more than 0",
        "thresholds.http_reqs{ (from a.js)",
        "thresholds.checks (from a.js): malformed threshold expression 'rate'",
        "scenarios.a b (from a.js): a scenario's name must consist of letters",
        "scenarios.a b.executor (from a.js): unknown executor type",
        "scenarios.s.duration (from a.js): the duration is required",
        "scenarios.s.maxVUs (from a.js): unknown key",
    ] {
        assert!(text.contains(expected), "missing: {expected}\n{text}");
    }
}

#[test]
fn options_without_effect_warn_unless_they_have_their_default() {
    let layer = json!({ "collectors": { "influxdb": {} }, "linger": false, "rps": 0, "hosts": {} });
    let layer = OptionsLayer::from_json(Origin::ConfigFile("c.json".into()), &layer);
    let plan = resolve(vec![layer]).expect("valid");
    let text = warnings(&plan);
    assert!(text.contains("option collectors is not supported yet and has no effect"), "{text}");
    assert_eq!(plan.warnings.len(), 1);
}

#[test]
fn features_that_there_are_not_warn() {
    let plan = resolve(vec![OptionsLayer::from_env([("K6_FEATURES", "native-histograms,new-thing")])]);
    let plan = plan.expect("valid");
    assert_eq!(plan.options.features, ["native-histograms", "new-thing"]);
    let text = warnings(&plan);
    assert!(text.contains("there is no feature new-thing, it has no effect"), "{text}");
    assert_eq!(plan.warnings.len(), 1, "{text}");
}

#[test]
fn vus_are_shared_by_scenarios_that_do_not_meet() {
    let plan = plan(&json!({ "scenarios": {
        "first": { "executor": "constant-vus", "vus": 2, "duration": "5s", "gracefulStop": "0s" },
        "second": { "executor": "constant-vus", "vus": 3, "duration": "5s", "startTime": "5s" },
    } }));
    assert_eq!((plan.max_vus(), plan.max_duration()), (3, Duration::from_secs(40)));
    assert_eq!(plan.scenarios[1].vu_ids, [1, 2, 3]);
    assert_eq!(
        plan.describe(),
        [
            "scenarios: (100.00%) 2 scenarios, 3 max VUs, 40s max duration (incl. graceful stop):",
            "* first: 2 looping VUs for 5s",
            "* second: 3 looping VUs for 5s (startTime: 5s, gracefulStop: 30s)",
        ]
    );
}

#[test]
fn vus_are_limited_one_by_one_and_together() {
    let many = json!({ "executor": "constant-vus", "vus": 600_000, "duration": "1s" });
    let text = problems(&json!({ "scenarios": { "a": many, "b": many } }));
    assert_eq!(text, "scenarios (from a.js): can't ask for more than 1000000 VUs together, got 1200000");
    assert!(problems(&json!({ "vus": 1_000_001, "duration": "1s" })).contains("can't be more than 1000000"));
}

#[test]
fn thresholds_are_checked_against_the_metrics() {
    let thresholds =
        json!({ "http_req_duratoin": ["p(95)<1"], "checks": ["avg<1"], "http_reqs": ["count>0"] });
    let plan = plan(&json!({ "thresholds": thresholds }));
    let text = lines(&check_thresholds(&plan, &Registry::new()));
    assert!(text.contains("thresholds.http_req_duratoin (from a.js)"), "{text}");
    assert!(text.contains("did you mean 'http_req_duration'?"), "{text}");
    assert!(text.contains("aggregation 'avg' is not supported for a rate metric"), "{text}");
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn no_thresholds_means_none_are_even_parsed() {
    let mut flags = OptionsLayer::new(Origin::Flags);
    flags.no_thresholds = Some(true);
    let plan =
        resolve(vec![script(&json!({ "thresholds": { "x": ["nonsense"] } })), flags]).expect("not parsed");
    assert!(plan.thresholds.is_empty());
}

#[test]
fn exports_are_checked() {
    let plan =
        plan(&json!({ "scenarios": { "s": { "executor": "constant-vus", "duration": "1s", "exec": "f" } } }));
    assert_eq!(
        lines(&plan.check_exports(|name| name == "default")),
        "scenarios.s.exec (from a.js): function 'f' not found in exports"
    );
    assert_eq!(lines(&plan.check_exports(|_| true)), "");
}

#[test]
fn scripts_see_what_was_set_and_null_elsewhere() {
    let seen = plan(&json!({ "setupTimeout": 5000, "tags": { "a": "b" } })).options_json();
    assert_eq!(seen["setupTimeout"], "5s");
    assert_eq!(seen["tags"], json!({ "a": "b" }));
    assert_eq!(seen["batch"], json!(null));
    assert_eq!(seen.get("vus"), None);
    assert_eq!(seen.get("noThresholds"), None);
}

#[test]
fn vus_made_on_demand_have_ids_above_all_planned_ones() {
    let arrivals = |start: &str, planned: u32, max: u32| {
        json!({
            "executor": "constant-arrival-rate", "rate": 10, "duration": "10s", "gracefulStop": "0s",
            "startTime": start, "preAllocatedVUs": planned, "maxVUs": max,
        })
    };
    let steady = json!({ "executor": "constant-vus", "vus": 2, "duration": "30s" });
    let plan = plan(&json!({ "scenarios": {
        "a": arrivals("0s", 1, 3), "b": arrivals("10s", 2, 3), "c": steady,
    } }));
    let ids: Vec<&[u32]> = plan.scenarios.iter().map(|scenario| &scenario.vu_ids[..]).collect();
    let expected: [&[u32]; 3] = [&[1, 5, 6], &[2, 3], &[1, 4, 5]];
    assert_eq!(ids, expected);
    assert_eq!((plan.planned_vus, plan.max_vus()), (4, 6));
    assert_eq!(plan.describe()[0].matches("6 max VUs").count(), 1);
}

#[test]
fn vus_and_arrivals_go_together() {
    let plan = plan(&json!({ "scenarios": {
        "ticket_operations": {
            "executor": "ramping-vus", "startVUs": 0, "gracefulRampDown": "30s",
            "stages": [{ "duration": "2m", "target": 50 }, { "duration": "2m", "target": 0 }],
        },
        "knowledge_base_browsing": {
            "executor": "constant-arrival-rate", "rate": 50, "timeUnit": "1s", "duration": "15m",
            "preAllocatedVUs": 20, "maxVUs": 100,
        },
    } }));
    let Schedule::Arrivals(arrivals) = plan.scenarios[0].schedule() else { panic!() };
    assert_eq!(arrivals.total(), 45_000);
    assert_eq!((plan.planned_vus, plan.max_vus()), (70, 150));
}

#[test]
fn a_warmup_leaves_something_to_be_measured() {
    let with = |warmup: &str| json!({ "vus": 1, "duration": "30s", "warmup": warmup });
    assert_eq!(plan(&with("29s")).options.warmup, Duration::from_secs(29));
    assert_eq!(
        problems(&with("30s")),
        "warmup (from a.js): must be shorter than the scenarios, which end after 30s, got 30s"
    );
}

#[test]
fn an_option_of_the_test_among_a_scenario_s_keys_is_pointed_out() {
    let options = json!({ "scenarios": { "s": {
        "executor": "constant-vus", "duration": "30s", "warmup": "10s",
    } } });
    let problems = resolve(vec![script(&options)]).expect_err("it is no key of a scenario");
    let hint = "`warmup` is an option of the whole test: write it beside `scenarios`";
    assert_eq!(problems[0].hint.as_deref(), Some(hint));
}
