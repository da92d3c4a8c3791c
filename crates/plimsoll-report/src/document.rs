//! The result as one document for programs, whose form has a version and a [schema](SCHEMA).
//!
//! What the script's `handleSummary` and k6's pipelines read is in [`json`](crate::json); this one has
//! everything that the report shows. A new version comes when something is renamed or left out; what is
//! added, does not make one.

use std::time::Duration;

use plimsoll_metrics::threshold::WindowResult;
use plimsoll_metrics::{Outcome, Sink, Trend};
use serde_json::{Map, Value, json};

use crate::json::{number, validity};
use crate::model::Group;
use crate::record::Place;
use crate::report::Report;
use crate::section::{MetricSummary, Section};

/// The version of the form.
pub const VERSION: u32 = 1;

/// A JSON Schema (2020-12) of the document.
pub const SCHEMA: &str = include_str!("document/schema.json");

/// The percentiles that every distribution has.
const PERCENTILES: [f64; 4] = [90.0, 95.0, 99.0, 99.9];

/// The document.
#[must_use]
pub fn render(report: &Report<'_>) -> Value {
    let summary = report.summary;
    json!({
        "version": VERSION,
        "plimsoll": env!("CARGO_PKG_VERSION"),
        "verdict": summary.verdict().as_str(),
        "headline": summary.headline(),
        "notes": summary.notes(),
        "validity": summary.run.validity.as_ref().map(validity),
        "run": run(report),
        "thresholds": thresholds(report),
        "goals": goals(report),
        "checks": checks(&summary.root_group),
        "endpoints": endpoints(report),
        "failures": failures(report),
        "metrics": metrics(&summary.total),
        "warm_up": summary.warm_up.as_ref().map(|warm_up| json!({
            "seconds": seconds(warm_up.duration),
            "metrics": metrics(warm_up),
        })),
    })
}

fn seconds(time: Duration) -> Value {
    number(time.as_secs_f64())
}

fn run(report: &Report<'_>) -> Value {
    let (run, header) = (&report.summary.run, report.header);
    json!({
        "script": run.script,
        "started": run.started,
        "seconds": seconds(run.duration),
        "scenarios": run.scenarios,
        "iterations": {
            "complete": run.complete_iterations,
            "interrupted": run.interrupted_iterations,
            "dropped": report.summary.dropped.count,
        },
        "ended_early": run.ended_early,
        "marked_failed": run.marked_failed,
        "lost_samples": run.lost_samples,
        "folded_samples": report.summary.folds.samples,
        "exit_code": report.exit_code,
        "tags": header.tags,
        "machine": {
            "os": header.machine.os,
            "arch": header.machine.arch,
            "processors": header.machine.processors,
            "host": header.machine.host,
        },
    })
}

fn place(place: Option<&Place>) -> Value {
    place.map_or(Value::Null, |place| match place.line {
        0 => json!({ "file": place.file }),
        line => json!({ "file": place.file, "line": line, "column": place.column }),
    })
}

fn thresholds(report: &Report<'_>) -> Vec<Value> {
    let summary = report.summary;
    let mut rows = Vec::new();
    for row in &summary.thresholds {
        for result in &row.results {
            let (selector, threshold) = (row.selector.source(), &result.threshold);
            rows.push(json!({
                "metric": selector,
                "threshold": threshold.source(),
                "window": threshold.window.map(seconds),
                "outcome": match result.outcome {
                    Outcome::Passed { .. } => "passed",
                    Outcome::Crossed { .. } => "crossed",
                    Outcome::NoData { .. } => "no data",
                },
                "fails": result.outcome.fails(summary.no_data),
                "value": result.outcome.value().map(number),
                "reason": row.no_data,
                "worst": result.window.map(worst),
                "first_crossed_at": report.timeline.crossed(selector, &threshold.label()).map(seconds),
                "place": place(report.place_of_threshold(selector, threshold)),
            }));
        }
    }
    rows
}

/// The window that decided a threshold, and how many were broken.
fn worst(window: WindowResult) -> Value {
    let WindowResult { span: (from, to), is_full, judged, broken } = window;
    json!({
        "from": seconds(from),
        "to": seconds(to),
        "full": is_full,
        "judged": judged,
        "broken": broken,
    })
}

fn goals(report: &Report<'_>) -> Vec<Value> {
    let row = |row: &crate::goals::GoalRow| {
        let (goal, outcome) = (&row.result.goal, row.result.outcome);
        json!({
            "name": goal.name,
            "metric": goal.selector.source(),
            "target": goal.target.source(),
            "critical": goal.critical.source(),
            "outcome": outcome.as_str(),
            "fails": row.fails(report.summary),
            "value": outcome.value().map(number),
            "reason": row.result.no_data,
            "place": place(report.place_of_goal(&goal.name)),
        })
    };
    report.summary.goals.iter().map(row).collect()
}

/// Checks with the groups they are in.
fn checks(group: &Group) -> Vec<Value> {
    let own = group.checks.iter().map(|check| {
        json!({ "name": check.name, "group": group.path, "passes": check.passes, "fails": check.fails })
    });
    own.chain(group.groups.iter().flat_map(checks)).collect()
}

fn endpoints(report: &Report<'_>) -> Vec<Value> {
    let row = |row: &crate::endpoints::Endpoint| {
        json!({
            "method": row.method,
            "name": row.name,
            "requests": row.count,
            "rate": number(row.rate(report.summary.run.duration)),
            "failed": row.failed,
            "duration": trend(&row.duration),
        })
    };
    report.summary.endpoints.rows.iter().map(row).collect()
}

fn failures(report: &Report<'_>) -> Vec<Value> {
    let row = |row: &crate::failures::Failure| {
        json!({
            "code": row.code,
            "message": row.explanation(),
            "requests": row.count,
            "first": seconds(row.first),
            "last": seconds(row.last),
        })
    };
    report.summary.failures.rows.iter().map(row).collect()
}

fn metrics(section: &Section) -> Value {
    let entry = |metric: &MetricSummary| {
        let parts = metric.submetrics.iter().map(|part| (part.suffix.clone(), values(&part.sink, section)));
        let value = json!({
            "type": metric.kind.as_str(),
            "contains": metric.contains.as_str(),
            "values": values(&metric.sink, section),
            "parts": parts.collect::<Map<_, _>>(),
        });
        (metric.name.to_string(), value)
    };
    Value::Object(section.metrics.iter().map(entry).collect())
}

fn values(sink: &Sink, section: &Section) -> Value {
    match sink {
        Sink::Counter(counter) => {
            json!({ "count": number(counter.sum), "rate": number(counter.per_second(section.duration)) })
        }
        Sink::Gauge(gauge) => {
            json!({ "value": number(gauge.last), "min": number(gauge.min), "max": number(gauge.max) })
        }
        Sink::Rate(rate) => {
            json!({ "rate": number(rate.share()), "passes": rate.nonzero, "fails": rate.zero() })
        }
        Sink::Trend(distribution) => trend(distribution),
    }
}

fn trend(trend: &Trend) -> Value {
    let mut values = json!({
        "count": trend.count(),
        "sum": number(trend.sum()),
        "avg": number(trend.avg()),
        "min": number(trend.min()),
        "med": number(trend.med()),
        "max": number(trend.max()),
    });
    for percentile in PERCENTILES {
        values[format!("p({percentile})")] = number(trend.quantile(percentile / 100.0));
    }
    values
}
