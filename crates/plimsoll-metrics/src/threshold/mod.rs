//! The threshold language: `http_req_duration{status:200}: ['p(95)<500']`.
//!
//! Text becomes a [`Selector`] and [`Expression`]s (`parse`); those are bound to the metrics of a run
//! ([`Thresholds::bind`]) and judged on an [`Aggregate`](crate::Aggregate) (`evaluate`), those with a window
//! on every part of the run that is as long as that (`windows`). Three outcomes: passed, crossed, and *no
//! data*, which is never passed: a run that measured nothing is not green.

mod evaluate;
mod parse;
mod windows;

use std::fmt;
use std::time::Duration;

pub use evaluate::{NoDataPolicy, Outcome, RuleReport, ThresholdReport, ThresholdResult, WindowResult};
pub use windows::{Stage, Windows};

use crate::error::BindError;
use crate::nearest::nearest;
use crate::registry::{MetricId, MetricKind, Registry};
use crate::tags::TagFilter;

/// Which samples a threshold judges: a metric, narrowed by tags.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    source: String,
    metric: String,
    filter: TagFilter,
}

impl Selector {
    /// The selector as written, trimmed.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The metric's name.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The tags that samples must have.
    #[must_use]
    pub fn filter(&self) -> &TagFilter {
        &self.filter
    }

    /// What stands between the braces, as written; `None` without braces.
    #[must_use]
    pub fn suffix(&self) -> Option<&str> {
        self.source.split_once('{').map(|(_, rest)| rest.trim_end_matches('}'))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// How the samples of a threshold become one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregation {
    /// Sum of a counter.
    Count,
    /// Sum of a counter per second of the run, or share of non-zero samples of a rate.
    Rate,
    /// Last value of a gauge.
    Value,
    /// Mean of a trend.
    Avg,
    /// Minimum of a trend or a gauge.
    Min,
    /// Maximum of a trend or a gauge.
    Max,
    /// Median of a trend.
    Med,
    /// Percentile of a trend, from 0 to 100.
    Percentile(f64),
}

impl Aggregation {
    /// Whether metrics of that kind have it.
    #[must_use]
    pub fn applies_to(self, kind: MetricKind) -> bool {
        match kind {
            MetricKind::Counter => matches!(self, Self::Count | Self::Rate),
            MetricKind::Gauge => matches!(self, Self::Value | Self::Min | Self::Max),
            MetricKind::Rate => matches!(self, Self::Rate),
            MetricKind::Trend => !matches!(self, Self::Count | Self::Rate | Self::Value),
        }
    }

    /// The aggregations of a kind, for messages.
    #[must_use]
    pub fn supported(kind: MetricKind) -> &'static str {
        match kind {
            MetricKind::Counter => "count, rate",
            MetricKind::Gauge => "value, min, max",
            MetricKind::Rate => "rate",
            MetricKind::Trend => "avg, min, max, med, p(N) with N from 0 to 100",
        }
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("count"),
            Self::Rate => f.write_str("rate"),
            Self::Value => f.write_str("value"),
            Self::Avg => f.write_str("avg"),
            Self::Min => f.write_str("min"),
            Self::Max => f.write_str("max"),
            Self::Med => f.write_str("med"),
            Self::Percentile(n) => write!(f, "p({n})"),
        }
    }
}

/// How the number is compared with the threshold's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<=`
    LessOrEqual,
    /// `<`
    Less,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
    /// `==` and `===`
    Equal,
    /// `!=`
    NotEqual,
}

impl Operator {
    /// Whether `left operator right` holds.
    #[must_use]
    #[expect(
        clippy::float_cmp,
        reason = "the language has exact equality, as in k6; counts and shares make use of it"
    )]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::LessOrEqual => left <= right,
            Self::Less => left < right,
            Self::GreaterOrEqual => left >= right,
            Self::Greater => left > right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
        }
    }
}

/// One condition, such as `p(95)<500`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    source: String,
    aggregation: Aggregation,
    operator: Operator,
    value: f64,
}

impl Expression {
    /// The expression as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its left side.
    #[must_use]
    pub fn aggregation(&self) -> Aggregation {
        self.aggregation
    }

    /// Its operator.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// Its right side.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }
}

/// A condition and what to do when it is crossed.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The condition.
    pub expression: Expression,
    /// Whether crossing it ends the run.
    pub abort_on_fail: bool,
    /// How long after the start crossing it does not end the run yet.
    pub delay_abort_eval: Duration,
    /// It is judged on every part of the run of this length, instead of on the whole. Not in k6.
    pub window: Option<Duration>,
}

impl Threshold {
    /// A threshold that only judges.
    #[must_use]
    pub fn new(expression: Expression) -> Self {
        Self { expression, abort_on_fail: false, delay_abort_eval: Duration::ZERO, window: None }
    }

    /// The condition as written, and the window if there is one.
    #[must_use]
    pub fn label(&self) -> String {
        match self.window {
            None => self.source().to_owned(),
            Some(window) => format!("{} in every {}s", self.source(), window.as_secs_f64()),
        }
    }

    /// The condition as written.
    #[must_use]
    pub fn source(&self) -> &str {
        self.expression.source()
    }
}

/// One entry of the script's `thresholds` option.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdSpec {
    /// Its key.
    pub selector: Selector,
    /// Its conditions.
    pub thresholds: Vec<Threshold>,
}

/// A [`ThresholdSpec`] whose metric is known to exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The metric behind the selector.
    pub metric: MetricId,
    /// Which of its samples are judged.
    pub selector: Selector,
    /// The conditions.
    pub thresholds: Vec<Threshold>,
}

/// The thresholds of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thresholds {
    rules: Vec<Rule>,
}

impl Thresholds {
    /// Binds the specs to the metrics of a run: to be called after the script's init context has declared its
    /// own.
    ///
    /// # Errors
    /// Every unknown metric and every aggregation that its metric does not have, all at once.
    pub fn bind(specs: &[ThresholdSpec], registry: &Registry) -> Result<Self, Vec<BindError>> {
        let mut rules = Vec::new();
        let mut errors = Vec::new();
        for spec in specs {
            match registry.by_name(&spec.selector.metric) {
                None => errors.push(unknown_metric(&spec.selector, registry)),
                Some(metric) => {
                    errors.extend(unsupported(spec, metric.kind));
                    errors.extend(unknown_in_windows(spec, metric.kind));
                    let ThresholdSpec { selector, thresholds } = spec.clone();
                    rules.push(Rule { metric: metric.id, selector, thresholds });
                }
            }
        }
        if errors.is_empty() { Ok(Self { rules }) } else { Err(errors) }
    }

    /// The rules, in the order of the script.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

fn unknown_metric(selector: &Selector, registry: &Registry) -> BindError {
    let metrics = registry.all();
    let nearest = nearest(&selector.metric, metrics.iter().map(|metric| &*metric.name)).map(str::to_owned);
    BindError::UnknownMetric { selector: selector.source.clone(), metric: selector.metric.clone(), nearest }
}

fn unsupported(spec: &ThresholdSpec, kind: MetricKind) -> impl Iterator<Item = BindError> {
    let wrong =
        spec.thresholds.iter().filter(move |threshold| !threshold.expression.aggregation.applies_to(kind));
    wrong.map(move |threshold| BindError::Unsupported {
        selector: spec.selector.source.clone(),
        expression: threshold.source().to_owned(),
        aggregation: threshold.expression.aggregation.to_string(),
        kind,
        supported: Aggregation::supported(kind),
    })
}

/// Of a gauge's samples the extremes of the whole run are known, and the last value of each second.
fn unknown_in_windows(spec: &ThresholdSpec, kind: MetricKind) -> impl Iterator<Item = BindError> {
    let wrong = spec.thresholds.iter().filter(move |threshold| {
        let is_extreme = matches!(threshold.expression.aggregation, Aggregation::Min | Aggregation::Max);
        kind == MetricKind::Gauge && is_extreme && threshold.window.is_some()
    });
    wrong.map(|threshold| BindError::UnknownInWindows {
        selector: spec.selector.source.clone(),
        expression: threshold.source().to_owned(),
        aggregation: threshold.expression.aggregation.to_string(),
    })
}
