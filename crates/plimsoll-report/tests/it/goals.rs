//! Goals in all renderings.

use plimsoll_metrics::NoDataPolicy;
use plimsoll_report::json::{Terminal, handle_summary_json, summary_export};
use plimsoll_report::{Style, Summary, Timeline, Verdict, html, text};
use serde_json::{Value, json};

use crate::fixture::{Run, outage, sample};

/// One goal of each outcome.
fn four() -> Run {
    let mut run = outage();
    run.goal("Throughput", "http_reqs", ["rate>10", "rate>5"]);
    run.goal("API P95 latency", "http_req_duration", ["p(95)<1", "p(95)<500"]);
    run.goal("Error rate", "http_req_failed", ["rate<0.001", "rate<0.01"]);
    run.goal("Connections", "ws_sessions", ["count>10000", "count>5000"]);
    run
}

fn summary() -> Summary {
    four().summary()
}

#[test]
fn the_table_is_aligned() {
    let text = text::render(&summary(), &Style::default());
    let table = "
  █ GOALS\x20

      goal             measured     target       critical    result
    ✓ Throughput       rate=12.1/s  rate>10      rate>5      met
    ~ API P95 latency  p(95)=30ms   p(95)<1      p(95)<500   degraded
    ✗ Error rate       rate=83.47%  rate<0.001   rate<0.01   violated
    ? Connections      –            count>10000  count>5000  no data
";
    assert!(text.contains(table), "{text}");
    assert!(text.contains("of 4 goals, 1 met, 1 degraded, 1 violated, 1 without data"), "{text}");
    assert!(text.contains("      ✗ Error rate: rate=83.47%, critical is rate<0.01\n"), "{text}");
    assert!(
        text.contains("      ? Connections: no data: no sample of 'ws_sessions' was recorded\n"),
        "{text}"
    );
}

#[test]
fn colours_are_those_of_thresholds() {
    let text = text::render(&summary(), &Style { colour: true, ..Style::default() });
    for painted in
        ["\u{1b}[32m✓\u{1b}[0m Throughput", "\u{1b}[33m~\u{1b}[0m API", "\u{1b}[31m✗\u{1b}[0m Error"]
    {
        assert!(text.contains(painted), "{text}");
    }
}

#[test]
fn programs_read_the_same() {
    let summary = summary();
    let data = handle_summary_json(&summary, Terminal::default());
    let exported: Value = serde_json::from_str(&summary_export(&summary)).expect("JSON");
    assert_eq!(data["goals"], exported["goals"]);
    assert_eq!(
        data["goals"][3],
        json!({
            "name": "Connections", "metric": "ws_sessions", "target": "count>10000",
            "critical": "count>5000", "status": "no data", "value": null,
            "reason": "no sample of 'ws_sessions' was recorded",
        })
    );
    assert_eq!(data["goals"][0]["status"], "met");
    assert!((data["goals"][0]["value"].as_f64().expect("a number") - 12.1).abs() < 0.01);
    assert!(handle_summary_json(&sample().summary(), Terminal::default()).get("goals").is_none());
}

#[test]
fn the_page_has_them_too() {
    let page = html::render(&summary(), &Timeline::default());
    for shown in ["<h2>Goals</h2>", "~ degraded", "✗ violated", "? no data", "p(95)=30ms"] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn a_missed_target_alone_passes() {
    let mut run = sample();
    run.goal("Iterations", "iterations", ["count>10", "count>5"]);
    let degraded = run.summary();
    assert_eq!(degraded.goals_in_short().as_deref(), Some("of 1 goal, 1 degraded"));
    let mut run = Run::lasting(std::time::Duration::from_secs(1));
    run.goal("Connections", "ws_sessions", ["count>2", "count>1"]);
    run.no_data = NoDataPolicy::LikeK6;
    assert_eq!(run.summary().verdict(), Verdict::Passed);
}
