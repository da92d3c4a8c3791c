//! What was measured on a plateau, for people: throughput, latency, errors, and where they came from.

use std::collections::BTreeMap;
use std::time::Duration;

use plimsoll_metrics::{Aggregate, MetricId, Sink, Trend, builtin};
use serde::{Deserialize, Serialize};

use super::{
    moment::{in_flight, sum},
    objective::Objective,
    plateau::{Plateau, Verdict},
};
use crate::endpoints;
use crate::statistics::{Resampling, Row, Statistic, interval};

/// The numbers of a plateau, its transient left out. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Figures {
    /// Iterations that ended, per second.
    pub throughput: f64,
    /// Its 95 % interval; none where the plateau was too short for one.
    pub throughput_interval: Option<(f64, f64)>,
    /// Requests per second.
    pub requests: f64,
    /// Median of the requests' durations; of the iterations' where there are no requests.
    pub p50: Option<f64>,
    /// Their 95th percentile.
    pub p95: Option<f64>,
    /// The 95 % interval of that; none where there were too few requests for one.
    pub p95_interval: Option<(f64, f64)>,
    /// Their 99th percentile.
    pub p99: Option<f64>,
    /// The 95th percentile from when the schedule wanted the request; with an arrival rate only.
    pub response_p95: Option<f64>,
    /// The share of requests that failed.
    pub failed: f64,
    /// Iterations under way, on average.
    pub in_flight: f64,
    /// What Little's law makes of it: iterations per second times how long one takes.
    pub little: f64,
    /// The number that each objective is about.
    pub values: Vec<Option<f64>>,
    /// Where the objective that was missed was missed most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The means of what was observed of the target, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub observed: BTreeMap<String, f64>,
}

impl Figures {
    /// Of a plateau and of what was recorded in each of its moments.
    #[must_use]
    pub fn of(plateau: &Plateau, parts: &[Aggregate], objectives: &[Objective]) -> Self {
        let steady = plateau.steady();
        let parts = parts.get(plateau.cut..).unwrap_or_default();
        let mut recorded = Aggregate::new();
        parts.iter().for_each(|part| recorded.merge_all(part));
        let recorded = &recorded;
        let seconds = sum(steady, |moment| moment.seconds).max(f64::MIN_POSITIVE);
        let quantile = |trend: Option<&Trend>, q: f64| trend.map(|trend| trend.quantile(q));
        let timed = [builtin::HTTP_REQ_DURATION, builtin::ITERATION_DURATION]
            .into_iter()
            .find(|metric| trend(recorded, *metric).is_some());
        let durations = timed.and_then(|metric| trend(recorded, metric));
        let length = seconds / steady.len().max(1) as f64;
        let between = |metric, statistic| between(parts, metric, statistic, length);
        let (judged, failed) = (sum(steady, |moment| moment.judged), sum(steady, |moment| moment.failed));
        let missed = match plateau.verdict {
            Verdict::Failed { objective } => objectives.get(objective),
            _ => None,
        };
        Self {
            throughput: sum(steady, |moment| moment.completed) / seconds,
            throughput_interval: between(builtin::ITERATIONS, Statistic::PerSecond),
            requests: counter(recorded, builtin::HTTP_REQS) / seconds,
            p50: quantile(durations, 0.5),
            p95: quantile(durations, 0.95),
            p95_interval: timed.and_then(|metric| between(metric, Statistic::Quantile(0.95))),
            p99: quantile(durations, 0.99),
            response_p95: quantile(trend(recorded, builtin::HTTP_REQ_RESPONSE_TIME), 0.95),
            failed: if judged > 0.0 { failed / judged } else { 0.0 },
            in_flight: in_flight(steady),
            little: sum(steady, |moment| moment.took) / seconds,
            values: objectives.iter().map(|objective| objective.value(recorded)).collect(),
            endpoint: missed.and_then(|objective| worst(objective, recorded)),
            observed: BTreeMap::new(),
        }
    }

    /// Whether throughput, duration and what was under way fit together, as they must where nothing grows; a
    /// tenth, or one iteration, is left to chance.
    #[must_use]
    pub fn obeys_little(&self) -> bool {
        (self.in_flight - self.little).abs() <= (0.1 * self.in_flight).max(1.0)
    }
}

/// The 95 % interval of a statistic over moments of that length.
fn between(parts: &[Aggregate], metric: MetricId, statistic: Statistic, length: f64) -> Option<(f64, f64)> {
    // Enough for the whiskers of a drawing.
    let how = Resampling { rounds: 300, ..Resampling::default() };
    let length = Duration::try_from_secs_f64(length).ok()?;
    let row = Row::of_sinks(parts.iter().map(|part| part.total(metric)), length);
    let estimate = interval(&row, statistic, &how).ok()?;
    Some((estimate.low, estimate.high))
}

fn trend(recorded: &Aggregate, metric: MetricId) -> Option<&Trend> {
    match recorded.total(metric) {
        Some(Sink::Trend(trend)) if trend.count() > 0 => Some(trend),
        _ => None,
    }
}

fn counter(recorded: &Aggregate, metric: MetricId) -> f64 {
    match recorded.total(metric) {
        Some(Sink::Counter(counter)) => counter.sum,
        _ => 0.0,
    }
}

/// The endpoint that contributes most to an objective's being missed.
fn worst(objective: &Objective, recorded: &Aggregate) -> Option<String> {
    let mut over: BTreeMap<String, f64> = BTreeMap::new();
    for series in recorded.series_of(objective.metric()) {
        if objective.selector().filter().matches(series.tags) {
            let (method, name) = endpoints::key(&series);
            if !name.is_empty() {
                *over.entry(format!("{method} {name}").trim().to_owned()).or_default() +=
                    objective.of(series.sink).over;
            }
        }
    }
    over.into_iter().filter(|(_, over)| *over > 0.0).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, _)| name)
}
