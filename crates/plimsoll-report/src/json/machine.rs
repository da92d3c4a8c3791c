//! The summary in k6's newer form, which has a version and is the same for `--summary-export` and
//! `handleSummary`.

use plimsoll_metrics::{Sink, ValueKind};
use plimsoll_plan::options::reporting::TrendStat;
use serde_json::{Map, Value, json};

use super::ours::add_ours;
use super::{number, trend_value};
use crate::model::{Summary, submetric_name};
use crate::section::CheckSummary;
use crate::text::is_shown_in_compact;

/// What the newer form says of the test beside its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestFacts<'a> {
    /// The whole text of the script.
    pub script: &'a str,
    /// The time at which the summary is made, RFC 3339.
    pub generated_at: &'a str,
    /// The program and its version.
    pub version: &'a str,
}

/// The summary in the newer form: the metrics that a compact summary shows, and the checks apart.
#[must_use]
pub fn machine_summary(summary: &Summary, test: TestFacts<'_>) -> Value {
    let checks = &summary.total.checks;
    let mut data = json!({
        "version": "1.0.0",
        "config": {
            "duration": number(summary.run.duration.as_secs_f64()),
            "execution": "local",
            "script": test.script,
        },
        "metadata": { "generated_at": test.generated_at, "k6_version": test.version },
        "results": {
            "metrics": metrics(summary),
            "checks": { "metrics": check_metrics(checks), "results": check_results(checks) },
        },
    });
    add_ours(&mut data["results"], summary);
    data
}

fn metrics(summary: &Summary) -> Vec<Value> {
    let shown = summary.total.metrics.iter().filter(|metric| is_shown_in_compact(&metric.name));
    let with_parts = shown.flat_map(|metric| {
        let whole = (metric.name.to_string(), &metric.sink);
        let parts = metric.submetrics.iter();
        let parts = parts.map(|part| (submetric_name(&metric.name, &part.suffix), &part.sink));
        let rendered = move |(name, sink): (String, &Sink)| {
            let (kind, contains) = (metric.kind.as_str(), metric.contains.as_str());
            json!({ "name": name, "type": kind, "contains": contains, "values": values(sink) })
        };
        std::iter::once(whole).chain(parts).map(rendered)
    });
    with_parts.collect()
}

fn values(sink: &Sink) -> Value {
    let named = |pairs: &[(&str, f64)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), number(*value)));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    match sink {
        Sink::Counter(counter) => named(&[("count", counter.sum)]),
        Sink::Gauge(gauge) => named(&[("value", gauge.last), ("min", gauge.min), ("max", gauge.max)]),
        Sink::Rate(rate) => ratio(rate.nonzero, rate.nonzero + rate.zero()),
        Sink::Trend(trend) => {
            let value = |stat| trend_value(trend, &stat);
            named(&[
                ("avg", value(TrendStat::Avg)),
                ("max", value(TrendStat::Max)),
                ("med", value(TrendStat::Med)),
                ("min", value(TrendStat::Min)),
                ("p90", value(TrendStat::Percentile(90.0))),
                ("p95", value(TrendStat::Percentile(95.0))),
            ])
        }
    }
}

fn ratio(matches: u64, total: u64) -> Value {
    let rate = if total == 0 { 0.0 } else { matches as f64 / total as f64 };
    json!({ "rate": number(rate), "matches": matches, "total": total })
}

fn check_metrics(checks: &[CheckSummary]) -> Vec<Value> {
    let passes: u64 = checks.iter().map(|check| check.passes).sum();
    let fails: u64 = checks.iter().map(|check| check.fails).sum();
    let total = passes + fails;
    let contains = ValueKind::Default.as_str();
    let metrics = [
        ("checks_total", "counter", json!({ "count": total })),
        ("checks_failed", "rate", ratio(fails, total)),
        ("checks_succeeded", "rate", ratio(passes, total)),
    ];
    let mut described = Vec::with_capacity(metrics.len());
    for (name, kind, values) in metrics {
        described.push(json!({ "name": name, "type": kind, "contains": contains, "values": values }));
    }
    described
}

fn check_results(checks: &[CheckSummary]) -> Vec<Value> {
    let mut results = Vec::with_capacity(checks.len());
    for CheckSummary { name, passes, fails } in checks {
        results.push(json!({ "name": name, "passes": passes, "fails": fails }));
    }
    results
}
