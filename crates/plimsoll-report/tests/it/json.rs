//! The summary for programs.

use plimsoll_metrics::NoDataPolicy;
use plimsoll_report::json::{Terminal, TestFacts, handle_summary_json, machine_summary, summary_export};
use serde_json::{Value, json};

use crate::fixture::{Run, sample};

#[test]
fn handle_summary_sees_k6s_shape() {
    let mut run = sample();
    run.facts.setup_data = Some(json!({ "token": "x" }));
    let data = handle_summary_json(&run.summary(), Terminal { stderr: true, ..Terminal::default() });
    insta::assert_snapshot!(serde_json::to_string_pretty(&data).expect("JSON"));
}

#[test]
fn the_export_is_flat_and_says_true_for_crossed() {
    let text = summary_export(&sample().summary());
    assert!(text.starts_with("{\n    \"root_group\": {\n        \"name\": \"\","), "four blanks of indent");
    let data: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        data["metrics"]["http_req_duration"]["thresholds"],
        json!({ "p(95)<500": false, "p(99.9)<1": true })
    );
    assert_eq!(
        data["metrics"]["checks"],
        json!({
            "fails": 2, "passes": 16, "thresholds": { "rate>0.9": true }, "value": 16.0 / 18.0
        })
    );
    let keys: Vec<_> = data["metrics"]["checks"].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["fails", "passes", "thresholds", "value"]);
    assert_eq!(
        data["root_group"]["groups"]["g1"]["checks"]["fails sometimes"]["path"],
        "::g1::fails sometimes"
    );
    assert_eq!(data["metrics"]["http_req_duration{group:::g1}"]["max"], 1.5);
}

#[test]
fn no_data_are_not_ok_unless_asked_for() {
    let ok = |policy| {
        let mut run = Run::lasting(std::time::Duration::from_secs(1));
        run.no_data = policy;
        run.threshold("checks", &["rate>0.5"]);
        let data = handle_summary_json(&run.summary(), Terminal::default());
        data["metrics"]["checks"]["thresholds"]["rate>0.5"]["ok"].clone()
    };
    assert_eq!(ok(NoDataPolicy::Fail), json!(false));
    assert_eq!(ok(NoDataPolicy::LikeK6), json!(true));
}

#[test]
fn an_empty_run_has_data_too() {
    let data = handle_summary_json(&Run::lasting(std::time::Duration::ZERO).summary(), Terminal::default());
    assert_eq!(data["metrics"], json!({}));
    assert_eq!(data["root_group"]["id"], "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(data.get("setup_data"), None);
}

#[test]
fn the_newer_form_has_a_version_and_what_compact_shows() {
    let test = TestFacts { script: "// text", generated_at: "2026-01-01T00:00:00Z", version: "plimsoll v1" };
    let data = machine_summary(&sample().summary(), test);
    assert_eq!(data["version"], "1.0.0");
    assert_eq!(
        (&data["config"]["execution"], &data["config"]["script"]),
        (&json!("local"), &json!("// text"))
    );
    let metrics = data["results"]["metrics"].as_array().expect("a list");
    let metric = |name: &str| metrics.iter().find(|metric| metric["name"] == name);
    let keys = |name: &str| {
        let metric = metric(name).unwrap_or_else(|| panic!("no {name} in {metrics:#?}"));
        metric["values"].as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys("http_req_duration"), ["avg", "max", "med", "min", "p90", "p95"]);
    assert_eq!(keys("http_req_duration{expected_response:true}").len(), 6);
    assert_eq!(keys("http_reqs"), ["count"]);
    assert_eq!(keys("http_req_failed"), ["rate", "matches", "total"]);
    assert_eq!(keys("my_gauge"), ["value", "min", "max"]);
    assert_eq!((metric("checks"), metric("http_req_waiting")), (None, None));
    let checks = &data["results"]["checks"];
    assert_eq!(
        checks["metrics"][1],
        json!({
            "name": "checks_failed", "type": "rate", "contains": "default",
            "values": { "rate": 2.0 / 18.0, "matches": 2, "total": 18 },
        })
    );
    let fails: u64 =
        checks["results"].as_array().expect("a list").iter().filter_map(|row| row["fails"].as_u64()).sum();
    assert_eq!(fails, 2);
}
