//! Service level objectives: conditions in the language of thresholds, as ratios of sums.
//!
//! A percentile is below a value when the share of samples above that value is below what the percentile
//! leaves: `p(95)<200` says that fewer than 5 % take longer than 200 ms. So nearly every condition becomes a
//! ratio of two sums over moments with a bound; such a ratio has an interval that costs little, and near the
//! limit of a service its logit goes with the load nearly in a straight line (`crossing`).

use plimsoll_metrics::{
    Aggregate, Aggregation, Expression, MetricId, MetricKind, Operator, Registry, Selector, Sink, Trend,
    nearest::nearest,
};

use super::{moment::Tally, search::Bar};

/// A condition that the service has to meet, bound to the metrics of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    selector: Selector,
    expression: Expression,
    metric: MetricId,
    asks: Asks,
    /// What the ratio must not exceed.
    limit: f64,
    is_optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// The share of a trend's samples above the value.
    Above,
    /// The mean of a trend.
    Mean,
    /// The share of a rate's samples that are not zero.
    Share,
    /// The share of those that are.
    Complement,
}

/// Why a condition is no objective.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectiveError {
    /// It is not of the form.
    #[error("'{0}' is no objective: expected metric:condition, such as http_req_duration:p(95)<200")]
    Form(String),
    /// The metric or its tags cannot be read.
    #[error("'{text}': {why}")]
    Malformed {
        /// As written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// No metric of that name.
    #[error("'{text}': there is no metric '{metric}'{}", hint(.nearest.as_deref()))]
    UnknownMetric {
        /// As written.
        text: String,
        /// The name.
        metric: String,
        /// A name that is like it.
        nearest: Option<String>,
    },
    /// A condition that says nothing about how much load is too much.
    #[error("'{text}' cannot be an objective: {why}")]
    Unsuited {
        /// As written.
        text: String,
        /// Why not.
        why: &'static str,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean '{name}'?")).unwrap_or_default()
}

impl Objective {
    /// Reads `metric{tags}:condition` and looks the metric up.
    ///
    /// # Errors
    /// When it is malformed, or its condition is not one that more load breaks.
    pub fn parse(text: &str, registry: &Registry) -> Result<Self, ObjectiveError> {
        let colon = match text.find('}') {
            Some(brace) => text[brace..].find(':').map(|colon| brace + colon),
            None => text.find(':'),
        };
        let (selector, condition) = text.split_at_checked(colon.unwrap_or(text.len())).unwrap_or((text, ""));
        let condition = condition.strip_prefix(':').filter(|rest| !rest.trim().is_empty());
        let condition = condition.ok_or_else(|| ObjectiveError::Form(text.to_owned()))?;
        let malformed = |why: String| ObjectiveError::Malformed { text: text.to_owned(), why };
        let selector = Selector::parse(selector).map_err(|error| malformed(error.to_string()))?;
        let expression = Expression::parse(condition).map_err(|error| malformed(error.to_string()))?;
        Self::new(selector, expression, registry)
    }

    /// An objective out of a threshold, or a goal's target.
    ///
    /// # Errors
    /// When there is no such metric, or the condition is not one that more load breaks.
    pub fn new(
        selector: Selector,
        expression: Expression,
        registry: &Registry,
    ) -> Result<Self, ObjectiveError> {
        let text = format!("{selector}:{}", expression.source());
        let Some(metric) = registry.by_name(selector.metric()) else {
            let metrics = registry.all();
            let near = nearest(selector.metric(), metrics.iter().map(|metric| &*metric.name));
            let (metric, nearest) = (selector.metric().to_owned(), near.map(str::to_owned));
            return Err(ObjectiveError::UnknownMetric { text, metric, nearest });
        };
        let asks = asks(&expression, metric.kind);
        let (asks, limit) = asks.map_err(|why| ObjectiveError::Unsuited { text, why })?;
        Ok(Self { selector, expression, metric: metric.id, asks, limit, is_optional: false })
    }

    /// The condition as written, with its metric.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}:{}", self.selector, self.expression.source())
    }

    /// Which samples it is about.
    #[must_use]
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// The condition.
    #[must_use]
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// The metric that it is about.
    #[must_use]
    pub fn metric(&self) -> MetricId {
        self.metric
    }

    /// The same, but met where no sample reaches it.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// It as the search needs it.
    #[must_use]
    pub fn bar(&self) -> Bar {
        Bar { limit: self.limit, is_share: self.asks != Asks::Mean, is_optional: self.is_optional }
    }

    /// How it stands in a part of a run.
    #[must_use]
    pub fn tally(&self, part: &Aggregate) -> Tally {
        let sink = part.select(self.metric, self.selector.filter());
        sink.map_or_else(Tally::default, |sink| self.of(&sink))
    }

    /// How it stands among these samples.
    #[must_use]
    pub fn of(&self, sink: &Sink) -> Tally {
        let value = self.expression.value();
        match (self.asks, sink) {
            (Asks::Above, Sink::Trend(trend)) => {
                let above = |value: f64| (trend.count() - at_most(trend, value)) as f64;
                Tally { over: above(value), near: above(value / 4.0), of: trend.count() as f64 }
            }
            (Asks::Mean, Sink::Trend(trend)) => {
                Tally { over: trend.sum(), near: 4.0 * trend.sum(), of: trend.count() as f64 }
            }
            (Asks::Share, Sink::Rate(rate)) => {
                let over = rate.nonzero as f64;
                Tally { over, near: 4.0 * over, of: rate.total as f64 }
            }
            (Asks::Complement, Sink::Rate(rate)) => {
                let over = rate.zero() as f64;
                Tally { over, near: 4.0 * over, of: rate.total as f64 }
            }
            _ => Tally::default(),
        }
    }

    /// The number that the condition is about, over these samples.
    #[must_use]
    pub fn value(&self, part: &Aggregate) -> Option<f64> {
        let sink = part.select(self.metric, self.selector.filter()).filter(|sink| !sink.is_empty())?;
        self.expression.aggregation().of(&sink, std::time::Duration::ZERO)
    }
}

fn at_most(trend: &Trend, value: f64) -> u64 {
    if value >= trend.max() { trend.count() } else { trend.count_at_most(value) }
}

/// What a condition asks, and the bound of its ratio.
fn asks(expression: &Expression, kind: MetricKind) -> Result<(Asks, f64), &'static str> {
    let is_upper = matches!(expression.operator(), Operator::Less | Operator::LessOrEqual);
    let is_lower = matches!(expression.operator(), Operator::Greater | Operator::GreaterOrEqual);
    let value = expression.value();
    match (kind, expression.aggregation()) {
        (MetricKind::Trend, _) if !is_upper => Err("a time has to be below something, with < or <="),
        (MetricKind::Trend, Aggregation::Percentile(p)) if p > 0.0 && p < 100.0 => {
            Ok((Asks::Above, 1.0 - p / 100.0))
        }
        (MetricKind::Trend, Aggregation::Med) => Ok((Asks::Above, 0.5)),
        (MetricKind::Trend, Aggregation::Avg) if value > 0.0 => Ok((Asks::Mean, value)),
        (MetricKind::Trend, _) => {
            Err("a single extreme sample decides it, so it has no interval; ask for a percentile")
        }
        (MetricKind::Rate, _) if is_upper && value > 0.0 => Ok((Asks::Share, value)),
        (MetricKind::Rate, _) if is_lower && value < 1.0 => Ok((Asks::Complement, 1.0 - value)),
        (MetricKind::Rate, _) => Err("not even many samples can show that a share is exactly 0 or 1"),
        (MetricKind::Counter, _) => {
            Err("it grows with the load itself; ask for a share (a Rate) or a time (a Trend)")
        }
        (MetricKind::Gauge, _) => Err("a gauge keeps no samples; observe the target instead"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Objective, String> {
        Objective::parse(text, &Registry::new()).map_err(|error| error.to_string())
    }

    #[test]
    fn conditions_become_shares_and_means() {
        for (text, limit) in [
            ("http_req_duration:p(95)<200", 0.05),
            ("http_req_duration{name:a:b}:med<=20", 0.5),
            ("http_req_duration{name:login, method:POST}: avg<12.5", 12.5),
            ("http_req_failed:rate<0.01", 0.01),
            ("checks:rate>=0.99", 0.01),
        ] {
            let objective = parse(text).expect(text);
            assert!((objective.bar().limit - limit).abs() < 1e-9, "{text}: {objective:?}");
        }
    }

    #[test]
    fn what_more_load_does_not_break_is_refused() {
        for (text, expected) in [
            ("http_req_duration", "is no objective"),
            ("http_req_durations:p(95)<200", "did you mean 'http_req_duration'"),
            ("http_req_duration:p(95)>200", "below something"),
            ("http_req_duration:max<200", "percentile"),
            ("http_reqs:rate>100", "grows with the load"),
            ("http_req_failed:rate<=0", "exactly 0 or 1"),
            ("vus:value<10", "gauge"),
            ("http_req_duration:p95<200", "p95"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
