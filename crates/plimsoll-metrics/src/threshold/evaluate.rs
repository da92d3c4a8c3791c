//! Judging thresholds on what has been recorded.

use std::time::Duration;

use super::{Aggregation, Rule, Threshold, Thresholds};
use crate::aggregate::Aggregate;
use crate::builtin;
use crate::nearest::nearest;
use crate::registry::MetricId;
use crate::sink::Sink;

/// What became of one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The condition holds for this value.
    Passed {
        /// What was measured.
        value: f64,
    },
    /// The condition does not hold for this value.
    Crossed {
        /// What was measured.
        value: f64,
    },
    /// No sample reached the threshold, so there is nothing to judge.
    NoData {
        /// What k6 makes of it: it compares zero, and lets rates pass.
        k6_passes: bool,
    },
}

/// How thresholds without data count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoDataPolicy {
    /// They fail the run.
    #[default]
    Fail,
    /// They count as in k6.
    LikeK6,
}

impl Outcome {
    /// Whether this outcome fails the run.
    #[must_use]
    pub fn fails(self, policy: NoDataPolicy) -> bool {
        match self {
            Self::Passed { .. } => false,
            Self::Crossed { .. } => true,
            Self::NoData { k6_passes } => policy == NoDataPolicy::Fail || !k6_passes,
        }
    }

    /// What was measured.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Passed { value } | Self::Crossed { value } => Some(value),
            Self::NoData { .. } => None,
        }
    }
}

/// A threshold and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdResult {
    /// The threshold.
    pub threshold: Threshold,
    /// What became of it; of a threshold with a window, in the worst one.
    pub outcome: Outcome,
    /// Which window that was; `None` for thresholds without windows, and for windows without a sample.
    pub window: Option<WindowResult>,
}

/// The window that decided a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowResult {
    /// From when to when it was, from the start of the measurement.
    pub span: (Duration, Duration),
    /// Whether it was as long as a window should be; a shorter run is judged on what there is.
    pub is_full: bool,
    /// How many windows were judged.
    pub judged: u64,
    /// How many of them did not hold.
    pub broken: u64,
}

/// The results of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleReport {
    /// The metric judged.
    pub metric: MetricId,
    /// The rule's key as written.
    pub selector: super::Selector,
    /// One result for each of its thresholds, in order.
    pub results: Vec<ThresholdResult>,
    /// Why there are no data, when there are none: a sentence for people.
    pub no_data: Option<String>,
}

impl RuleReport {
    /// Whether any of its thresholds fails the run.
    #[must_use]
    pub fn fails(&self, policy: NoDataPolicy) -> bool {
        self.results.iter().any(|result| result.outcome.fails(policy))
    }
}

/// The results of all thresholds at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ThresholdReport {
    /// One entry for each rule, in the order of the script.
    pub rules: Vec<RuleReport>,
}

impl ThresholdReport {
    /// The selectors with a threshold that fails the run, sorted: what k6 lists in its final message.
    #[must_use]
    pub fn failing(&self, policy: NoDataPolicy) -> Vec<&str> {
        let mut names: Vec<_> =
            self.rules.iter().filter(|rule| rule.fails(policy)).map(|rule| rule.selector.source()).collect();
        names.sort_unstable();
        names
    }

    /// Whether any threshold fails the run.
    #[must_use]
    pub fn fails(&self, policy: NoDataPolicy) -> bool {
        self.rules.iter().any(|rule| rule.fails(policy))
    }

    /// The first crossed threshold that ends the run at this point of it. Missing data never end a run early:
    /// they may still come.
    #[must_use]
    pub fn abort(&self, elapsed: Duration) -> Option<(&RuleReport, &ThresholdResult)> {
        let aborts = |result: &&ThresholdResult| {
            let Threshold { abort_on_fail, delay_abort_eval, .. } = result.threshold;
            let may = abort_on_fail && (delay_abort_eval.is_zero() || elapsed > delay_abort_eval);
            may && matches!(result.outcome, Outcome::Crossed { .. })
        };
        self.rules.iter().find_map(|rule| rule.results.iter().find(aborts).map(|result| (rule, result)))
    }
}

impl Thresholds {
    /// Judges all thresholds on what has been recorded in the run's first `elapsed`. Those with windows, too:
    /// [`Windows::complete`](super::Windows::complete) puts the windows' results in their place.
    #[must_use]
    pub fn evaluate(&self, aggregate: &Aggregate, elapsed: Duration) -> ThresholdReport {
        ThresholdReport { rules: self.rules().iter().map(|rule| judge(rule, aggregate, elapsed)).collect() }
    }
}

fn judge(rule: &Rule, aggregate: &Aggregate, elapsed: Duration) -> RuleReport {
    let recorded = aggregate.select(rule.metric, rule.selector.filter());
    let recorded = recorded.filter(|sink| !sink.is_empty());
    let measured_zero = rule.metric == builtin::DROPPED_ITERATIONS && rule.selector.filter().is_empty();
    // The engine counts every dropped iteration: no sample of that metric is a measured zero.
    let sink = recorded.or_else(|| measured_zero.then(|| Sink::new(rule.metric.kind())));
    let results = rule.thresholds.iter().map(|threshold| {
        let outcome = match &sink {
            Some(sink) => compare(threshold, sink, elapsed),
            None => without_data(threshold, rule.metric, elapsed),
        };
        ThresholdResult { threshold: threshold.clone(), outcome, window: None }
    });
    RuleReport {
        metric: rule.metric,
        selector: rule.selector.clone(),
        results: results.collect(),
        no_data: sink.is_none().then(|| explain_no_data(rule, aggregate)),
    }
}

pub(super) fn compare(threshold: &Threshold, sink: &Sink, elapsed: Duration) -> Outcome {
    let expression = &threshold.expression;
    let value = expression.aggregation().of(sink, elapsed).unwrap_or(f64::NAN);
    if expression.operator().holds(value, expression.value()) {
        Outcome::Passed { value }
    } else {
        Outcome::Crossed { value }
    }
}

pub(super) fn without_data(threshold: &Threshold, metric: MetricId, elapsed: Duration) -> Outcome {
    let empty = Sink::new(metric.kind());
    let skipped = matches!(empty, Sink::Rate(_));
    let k6_passes = skipped || matches!(compare(threshold, &empty, elapsed), Outcome::Passed { .. });
    Outcome::NoData { k6_passes }
}

impl Aggregation {
    /// The number that this aggregation makes of a sink; `None` when metrics of its kind do not have it.
    #[must_use]
    pub fn of(self, sink: &Sink, elapsed: Duration) -> Option<f64> {
        Some(match (self, sink) {
            (Self::Count, Sink::Counter(counter)) => counter.sum,
            (Self::Rate, Sink::Counter(counter)) => counter.per_second(elapsed),
            (Self::Rate, Sink::Rate(rate)) => rate.share(),
            (Self::Value, Sink::Gauge(gauge)) => gauge.last,
            (Self::Min, Sink::Gauge(gauge)) => gauge.min,
            (Self::Max, Sink::Gauge(gauge)) => gauge.max,
            (Self::Avg, Sink::Trend(trend)) => trend.avg(),
            (Self::Min, Sink::Trend(trend)) => trend.min(),
            (Self::Max, Sink::Trend(trend)) => trend.max(),
            (Self::Med, Sink::Trend(trend)) => trend.med(),
            (Self::Percentile(n), Sink::Trend(trend)) => trend.quantile(n / 100.0),
            _ => return None,
        })
    }
}

/// Which part of the selector is to blame, and what it may have meant.
fn explain_no_data(rule: &Rule, aggregate: &Aggregate) -> String {
    let metric = rule.selector.metric();
    if aggregate.total(rule.metric).is_none() {
        return format!("no sample of '{metric}' was recorded");
    }
    for (name, value) in rule.selector.filter().iter() {
        let mut values: Vec<&str> =
            aggregate.series_of(rule.metric).filter_map(|series| series.tags.get(name)).collect();
        values.sort_unstable();
        values.dedup();
        if values.is_empty() {
            return no_such_tag(metric, name, rule.metric, aggregate);
        }
        if !values.contains(&value) {
            return no_such_value(metric, name, value, &values);
        }
    }
    format!("no sample of '{metric}' has all of these tags at once: {}", rule.selector.filter())
}

fn no_such_tag(metric: &str, name: &str, id: MetricId, aggregate: &Aggregate) -> String {
    let names = aggregate.series_of(id).flat_map(|series| series.tags.iter().map(|(name, _)| name));
    let hint = nearest(name, names).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default();
    format!("no sample of '{metric}' has the tag '{name}'{hint}")
}

fn no_such_value(metric: &str, name: &str, value: &str, values: &[&str]) -> String {
    /// As many values as fit on a line or two.
    const SHOWN: usize = 5;
    let hint = match nearest(value, values.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None => {
            let list =
                values.iter().take(SHOWN).map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
            let more = values.len().saturating_sub(SHOWN);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("there is {list}{more}")
        }
    };
    format!("no sample of '{metric}' has {name} '{value}'; {hint}")
}
