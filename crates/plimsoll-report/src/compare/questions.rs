//! What is asked of two sides, and which way is better.

use std::collections::BTreeMap;

use plimsoll_metrics::{
    Expression, Metric, MetricKind, Operator, Selector, TagFilter, ValueKind, builtin, tag,
};

use super::run::Run;
use crate::statistics::Statistic;

/// What is compared: samples of a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The metric's name.
    pub metric: String,
    /// Method and name of the endpoint, when it is one.
    pub endpoint: Option<(String, String)>,
    /// What a threshold selects, as written between its braces; empty for all samples.
    pub selection: String,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Down: latencies, errors.
    Lower,
    /// Up: throughput, checks.
    Higher,
    /// Neither.
    Neutral,
}

/// Questions share the chance of a false alarm in two halves: the run as a whole, and its endpoints. So a run
/// with a hundred endpoints is still as sensitive to a slowdown of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Whole,
    Endpoint,
}

/// A subject with what is asked of it.
#[derive(Debug, Clone)]
pub(super) struct Questions {
    pub(super) subject: Subject,
    pub(super) filter: TagFilter,
    pub(super) contains: ValueKind,
    pub(super) direction: Direction,
    pub(super) family: Family,
    pub(super) statistics: Vec<Statistic>,
}

const HEADLINE: [Statistic; 4] =
    [Statistic::Quantile(0.5), Statistic::Quantile(0.95), Statistic::Quantile(0.99), Statistic::Mean];
const DETAIL: [Statistic; 2] = [Statistic::Quantile(0.5), Statistic::Quantile(0.95)];

/// More endpoints are not compared one by one: those with the most requests are.
pub(super) const MOST_ENDPOINTS: usize = 50;

/// Everything that is asked. The first run of the base says what thresholds there are.
pub(super) fn questions(base: &[Run], candidate: &[Run]) -> Vec<Questions> {
    let runs = || base.iter().chain(candidate);
    let mut metrics: Vec<Metric> = Vec::new();
    for metric in runs().flat_map(|run| run.registry.all()) {
        if metrics.iter().all(|known| known.name != metric.name)
            && runs().any(|run| has_samples(run, &metric))
        {
            metrics.push(metric);
        }
    }
    let rules = Rules::of(&base[0]);
    metrics.sort_by_key(|metric| rules.importance(metric));
    let mut questions: Vec<Questions> = rules.selections(&metrics).collect();
    questions.extend(metrics.iter().filter_map(|metric| rules.whole(metric)));
    questions.extend(endpoints(base, candidate));
    questions
}

fn has_samples(run: &Run, metric: &Metric) -> bool {
    let known = run.registry.by_name(&metric.name).filter(|known| known.kind == metric.kind);
    known.is_some_and(|metric| run.seconds.iter().any(|part| part.total(metric.id).is_some()))
}

/// What thresholds say of their metrics.
struct Rules(Vec<(Selector, Vec<Expression>)>);

impl Rules {
    fn of(run: &Run) -> Self {
        let expressions = |rule: &plimsoll_metrics::Rule| {
            let all = rule.thresholds.iter().map(|threshold| threshold.expression.clone());
            (rule.selector.clone(), all.collect())
        };
        Self(run.rules.iter().map(expressions).collect())
    }

    fn on<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = &'a (Selector, Vec<Expression>)> {
        self.0.iter().filter(move |(selector, _)| selector.metric() == metric)
    }

    /// The questions on all samples of a metric.
    fn whole(&self, metric: &Metric) -> Option<Questions> {
        let statistics = match metric.kind {
            MetricKind::Trend if is_headline(metric) || self.on(&metric.name).next().is_some() => {
                HEADLINE.to_vec()
            }
            MetricKind::Trend => DETAIL.to_vec(),
            MetricKind::Rate => vec![Statistic::Share],
            MetricKind::Counter => vec![Statistic::PerSecond],
            MetricKind::Gauge => return None,
        };
        Some(Questions {
            subject: Subject { metric: metric.name.to_string(), endpoint: None, selection: String::new() },
            filter: TagFilter::default(),
            contains: metric.contains,
            direction: self.direction(metric),
            family: Family::Whole,
            statistics,
        })
    }

    /// A place in the table: first what everybody asks for, then what the script judges, then the rest.
    fn importance(&self, metric: &Metric) -> usize {
        const FIRST: [plimsoll_metrics::MetricId; 5] = [
            builtin::HTTP_REQ_DURATION,
            builtin::HTTP_REQ_RESPONSE_TIME,
            builtin::GRPC_REQ_DURATION,
            builtin::HTTP_REQ_FAILED,
            builtin::CHECKS,
        ];
        let judged = || self.on(&metric.name).next().is_some();
        let first = FIRST.iter().position(|first| *first == metric.id);
        first.unwrap_or(FIRST.len() + usize::from(!judged()))
    }

    /// The questions that thresholds with tags ask.
    fn selections<'a>(&'a self, metrics: &'a [Metric]) -> impl Iterator<Item = Questions> + 'a {
        let narrowed = self.0.iter().filter(|(selector, _)| !selector.filter().is_empty());
        narrowed.filter_map(|(selector, expressions)| {
            let metric = metrics.iter().find(|metric| &*metric.name == selector.metric())?;
            let asked = expressions.iter().filter_map(|one| Statistic::of(one.aggregation(), metric.kind));
            let mut statistics: Vec<Statistic> = Vec::new();
            asked.for_each(|one| {
                if !statistics.contains(&one) {
                    statistics.push(one);
                }
            });
            Some(Questions {
                subject: Subject {
                    metric: metric.name.to_string(),
                    endpoint: None,
                    selection: selector.suffix().unwrap_or_default().to_owned(),
                },
                filter: selector.filter().clone(),
                contains: metric.contains,
                direction: self.direction(metric),
                family: Family::Whole,
                statistics,
            })
        })
    }

    /// Which way is better: what a threshold demands, or what the metric is known to mean.
    fn direction(&self, metric: &Metric) -> Direction {
        let known = meaning(metric);
        if known != Direction::Neutral || builtin::ALL.iter().any(|builtin| builtin.name == &*metric.name) {
            return known;
        }
        let mut wanted = self.on(&metric.name).flat_map(|(_, expressions)| expressions);
        match wanted.next().map(Expression::operator) {
            Some(Operator::Less | Operator::LessOrEqual) => Direction::Lower,
            Some(Operator::Greater | Operator::GreaterOrEqual) => Direction::Higher,
            _ if metric.kind == MetricKind::Trend && metric.contains == ValueKind::Time => Direction::Lower,
            _ => Direction::Neutral,
        }
    }
}

fn is_headline(metric: &Metric) -> bool {
    [builtin::HTTP_REQ_DURATION, builtin::HTTP_REQ_RESPONSE_TIME, builtin::GRPC_REQ_DURATION]
        .contains(&metric.id)
}

/// Metrics that every run has. Phases of a request and what the generator says of itself explain a
/// difference, and are none.
fn meaning(metric: &Metric) -> Direction {
    const LOWER: [plimsoll_metrics::MetricId; 9] = [
        builtin::ITERATION_DURATION,
        builtin::DROPPED_ITERATIONS,
        builtin::HTTP_REQ_FAILED,
        builtin::HTTP_REQ_DURATION,
        builtin::HTTP_REQ_RESPONSE_TIME,
        builtin::HTTP_REQ_WAITING,
        builtin::WS_PING,
        builtin::WS_CONNECTING,
        builtin::GRPC_REQ_DURATION,
    ];
    const HIGHER: [plimsoll_metrics::MetricId; 3] =
        [builtin::ITERATIONS, builtin::CHECKS, builtin::HTTP_REQS];
    if LOWER.contains(&metric.id) {
        Direction::Lower
    } else if HIGHER.contains(&metric.id) {
        Direction::Higher
    } else {
        Direction::Neutral
    }
}

/// Duration and failures of each endpoint that both sides called.
fn endpoints(base: &[Run], candidate: &[Run]) -> Vec<Questions> {
    let (ours, theirs) = (requests(base), requests(candidate));
    let mut both: Vec<_> =
        ours.into_iter().filter_map(|(key, count)| Some((count + theirs.get(&key)?, key))).collect();
    if both.len() < 2 {
        return Vec::new();
    }
    both.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let keys = both.into_iter().take(MOST_ENDPOINTS).map(|(_, key)| key);
    keys.flat_map(|key| {
        let of = |metric: &'static str, contains, statistics: &[Statistic]| Questions {
            subject: Subject {
                metric: metric.to_owned(),
                endpoint: Some(key.clone()),
                selection: String::new(),
            },
            filter: TagFilter::new(vec![
                ("method".to_owned(), key.0.clone()),
                ("name".to_owned(), key.1.clone()),
            ]),
            contains,
            direction: Direction::Lower,
            family: Family::Endpoint,
            statistics: statistics.to_vec(),
        };
        [
            of("http_req_duration", ValueKind::Time, &HEADLINE[..3]),
            of("http_req_failed", ValueKind::Default, &[Statistic::Share]),
        ]
    })
    .collect()
}

/// Requests of each endpoint, by method and name.
fn requests(side: &[Run]) -> BTreeMap<(String, String), u64> {
    let mut requests = BTreeMap::new();
    for series in
        side.iter().flat_map(|run| &run.seconds).flat_map(|part| part.series_of(builtin::HTTP_REQ_DURATION))
    {
        let (Some(method), Some(name)) = (series.tags.value(tag::METHOD), series.tags.value(tag::NAME))
        else {
            continue;
        };
        *requests.entry((method.to_owned(), name.to_owned())).or_default() += series.sink.count();
    }
    requests
}
