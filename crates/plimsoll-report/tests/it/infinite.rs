//! Scripts can add `Infinity` to any metric, be it by a division by zero: every form goes on telling of the
//! rest.

use std::time::Duration;

use plimsoll_metrics::{MetricKind, Sink, Timestamp, ValueKind, builtin};
use plimsoll_report::record::Header;
use plimsoll_report::timeline::Span;
use plimsoll_report::{Format, Report, Style, Timeline};
use serde_json::{Value, json};

use crate::fixture::Run;

/// A run with infinities of every kind, among them a request that took for ever.
fn run() -> Run {
    let mut run = Run::lasting(Duration::from_secs(10));
    run.declare("mbps", MetricKind::Trend, ValueKind::Default);
    run.declare("took", MetricKind::Trend, ValueKind::Time);
    run.declare("read", MetricKind::Counter, ValueKind::Data);
    run.declare("both_ways", MetricKind::Counter, ValueKind::Default);
    run.declare("lowest", MetricKind::Gauge, ValueKind::Default);
    run.threshold("mbps", &["p(95)<500"]);
    run.record("mbps", &[], &[f64::INFINITY, 12.5, 13.5]);
    run.record("took", &[], &[f64::INFINITY, 2.0]);
    run.record("read", &[], &[f64::INFINITY]);
    run.record("both_ways", &[], &[f64::INFINITY, f64::NEG_INFINITY]);
    run.record("lowest", &[], &[f64::NEG_INFINITY]);
    run.requests("GET", "http://t/", "", &[3.0, f64::INFINITY], Duration::from_secs(1));
    run
}

fn timeline() -> Timeline {
    let mut requests = Sink::new(builtin::HTTP_REQ_DURATION.kind());
    [3.0, f64::INFINITY].iter().for_each(|ms| requests.record(*ms, Timestamp(1)));
    let Sink::Trend(requests) = requests else { unreachable!("durations are a trend") };
    let mut timeline = Timeline::default();
    timeline.push(Span { length: Duration::from_secs(1), count: 2, requests, ..Span::default() });
    timeline
}

fn rendered(format: Format) -> String {
    let (summary, timeline, header) = (run().summary(), timeline(), Header::default());
    let report = Report { summary: &summary, timeline: &timeline, header: &header, exit_code: Some(99) };
    report.render(format, &Style::default())
}

#[test]
fn the_text_has_words_for_them() {
    let text = rendered(Format::Text);
    let row = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no {name}: {text}"));
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("mbps.."), "avg=+Inf min=12.5 med=13.5 max=+Inf p(90)=+Inf p(95)=+Inf");
    assert_eq!(row("took.."), "avg=+Inf min=2ms med=+Inf max=+Inf p(90)=+Inf p(95)=+Inf");
    assert_eq!(row("read.."), "+Inf +Inf/s");
    assert_eq!(row("both_ways.."), "NaN NaN/s");
    assert_eq!(row("lowest.."), "-Inf min=-Inf max=-Inf");
    assert!(text.contains("✗ mbps 'p(95)<500': p(95)=+Inf"), "{text}");
}

#[test]
fn pages_and_comments_have_them_too() {
    let page = rendered(Format::Html);
    assert!(page.contains("<td class=\"n\">+Inf</td>") && page.contains("-Inf to -Inf"), "{page}");
    assert!(page.ends_with("</html>\n"), "it goes on to its end");
    let comment = rendered(Format::Markdown);
    assert!(comment.contains("| `read` | count=+Inf rate=+Inf |"), "{comment}");
    assert!(comment.contains("| `lowest` | value=-Inf min=-Inf max=-Inf |"), "{comment}");
    for format in [Format::JUnit, Format::GitHub] {
        assert!(rendered(format).contains("p(95)=+Inf"), "{format:?}");
    }
}

/// JSON has no number for them.
#[test]
fn programs_get_null() {
    let document: Value = serde_json::from_str(&rendered(Format::Json)).expect("JSON");
    let values = |name: &str| document["metrics"][name]["values"].clone();
    assert_eq!(values("read"), json!({ "count": null, "rate": null }));
    assert_eq!((values("mbps")["max"].clone(), values("mbps")["min"].clone()), (json!(null), json!(12.5)));
    let exported: Value =
        serde_json::from_str(&plimsoll_report::json::summary_export(&run().summary())).expect("JSON");
    assert_eq!(exported["metrics"]["mbps"]["max"], json!(null));
    assert_eq!(exported["metrics"]["mbps"]["min"], json!(12.5));
}
