//! `/v1/metrics`: every metric with samples, and the parts of metrics that thresholds look at.

use std::time::Duration;

use plimsoll_metrics::{Aggregate, MetricId, Outcome, RuleReport, Sink};
use plimsoll_report::json::number;
use serde_json::{Value, json};

use super::Subject;
use super::document::{Refusal, resource};

/// All of them.
pub(super) fn all(subject: &Subject) -> Value {
    let report = subject.judge();
    let elapsed = subject.measured();
    subject.measurements.read(|aggregate| {
        let whole = aggregate.metrics().into_iter().filter_map(|id| {
            let name = subject.registry.get(id).name;
            let rule = report.rules.iter().find(|rule| rule.selector.source() == &*name);
            Some(describe(subject, &name, id, rule, aggregate.total(id)?, elapsed))
        });
        let parts = report.rules.iter().filter(|rule| rule.selector.suffix().is_some());
        let parts = parts.map(|rule| part(subject, aggregate, rule, elapsed));
        Value::Array(whole.chain(parts).collect())
    })
}

/// One of them.
pub(super) fn one(subject: &Subject, id: &str) -> Result<Value, Refusal> {
    let Value::Array(all) = all(subject) else { unreachable!("all of them are an array") };
    let found = all.into_iter().find(|metric| metric["id"] == id);
    found.ok_or_else(|| Refusal::not_found("No metric with that ID was found"))
}

/// A part of a metric that a threshold looks at; without samples it is empty.
fn part(subject: &Subject, aggregate: &Aggregate, rule: &RuleReport, elapsed: Duration) -> Value {
    let sink = aggregate.select(rule.metric, rule.selector.filter());
    let sink = sink.unwrap_or_else(|| Sink::new(rule.metric.kind()));
    describe(subject, rule.selector.source(), rule.metric, Some(rule), &sink, elapsed)
}

fn describe(
    subject: &Subject,
    name: &str,
    id: MetricId,
    rule: Option<&RuleReport>,
    sink: &Sink,
    elapsed: Duration,
) -> Value {
    let metric = subject.registry.get(id);
    let crossed = |rule: &RuleReport| {
        rule.results.iter().any(|result| matches!(result.outcome, Outcome::Crossed { .. }))
    };
    let attributes = json!({
        "type": metric.kind.as_str(),
        "contains": metric.contains.as_str(),
        "tainted": rule.map(crossed),
        "sample": sample(sink, elapsed),
    });
    resource("metrics", name, &attributes)
}

fn sample(sink: &Sink, elapsed: Duration) -> Value {
    match sink {
        Sink::Counter(counter) => {
            json!({ "count": number(counter.sum), "rate": number(counter.per_second(elapsed)) })
        }
        Sink::Gauge(gauge) => json!({ "value": number(gauge.last) }),
        Sink::Rate(rate) => json!({ "rate": number(rate.share()) }),
        Sink::Trend(trend) => json!({
            "avg": number(trend.avg()),
            "max": number(trend.max()),
            "med": number(trend.med()),
            "min": number(trend.min()),
            "p(90)": number(trend.quantile(0.9)),
            "p(95)": number(trend.quantile(0.95)),
        }),
    }
}
