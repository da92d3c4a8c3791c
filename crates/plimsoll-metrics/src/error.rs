//! What can be wrong with a metric declaration or a threshold. The texts are read by script authors.

use crate::registry::{MetricKind, ValueKind};

/// Why a metric could not be declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclareError {
    /// The name breaks k6's rule.
    #[error(
        "invalid metric name '{name}': expected 2 to 129 ASCII letters, digits or underscores, \
         not starting with a digit"
    )]
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// The name exists with another type.
    #[error("metric '{name}' already exists but with type {existing}, instead of {wanted}")]
    OtherKind {
        /// The metric's name.
        name: String,
        /// The type it was declared with first.
        existing: MetricKind,
        /// The type asked for now.
        wanted: MetricKind,
    },
    /// The name exists with another meaning of its values (`isTime`).
    #[error("metric '{name}' already exists but with a value type {existing}, instead of {wanted}")]
    OtherContains {
        /// The metric's name.
        name: String,
        /// The value type it was declared with first.
        existing: ValueKind,
        /// The value type asked for now.
        wanted: ValueKind,
    },
    /// The run has too many metrics already.
    #[error(
        "metric '{name}' is one too many: a run can have {limit} metrics (are metrics created in a loop?)"
    )]
    TooMany {
        /// The metric's name.
        name: String,
        /// How many a run can have.
        limit: usize,
    },
}

/// What is wrong with a threshold's key, such as `http_req_duration{status:200}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// The key holds no metric name.
    #[error("'{selector}' names no metric: expected `metric` or `metric{{tag:value}}`")]
    NoMetric {
        /// The key as written.
        selector: String,
    },
    /// A brace is missing or stands in the wrong place.
    #[error("'{selector}' has unbalanced braces: expected `metric{{tag:value,other:value}}`")]
    Braces {
        /// The key as written.
        selector: String,
    },
    /// A filter is not `tag:value`.
    #[error("'{selector}' has the malformed tag filter '{filter}': expected `tag:value`, both not empty")]
    Filter {
        /// The key as written.
        selector: String,
        /// The part between two commas that is wrong.
        filter: String,
    },
    /// One tag is asked to have two values; no sample can match.
    #[error("'{selector}' asks tag '{tag}' to be both '{first}' and '{second}', which no sample can be")]
    Contradiction {
        /// The key as written.
        selector: String,
        /// The tag.
        tag: String,
        /// The value named first.
        first: String,
        /// The value named second.
        second: String,
    },
}

/// What is wrong with a threshold expression, such as `p(95)<500`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// No operator in it.
    #[error(
        "malformed threshold expression '{expression}': no operator; expected `aggregation operator value`, \
         for example `p(95)<500`; operators are {operators}"
    )]
    NoOperator {
        /// The expression as written.
        expression: String,
        /// The operators there are.
        operators: &'static str,
    },
    /// The left side is no aggregation.
    #[error(
        "malformed threshold expression '{expression}': unknown aggregation '{aggregation}'; \
         expected one of count, rate, value, avg, min, max, med, p(N) with N from 0 to 100"
    )]
    Aggregation {
        /// The expression as written.
        expression: String,
        /// Its left side.
        aggregation: String,
    },
    /// The right side is no number.
    #[error(
        "malformed threshold expression '{expression}': '{value}' is not a number (units are not supported)"
    )]
    Value {
        /// The expression as written.
        expression: String,
        /// Its right side.
        value: String,
    },
}

/// Why a threshold cannot be attached to the metrics of this run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// No metric of that name.
    #[error("threshold on '{selector}': no metric name '{metric}' found{}", did_you_mean(nearest))]
    UnknownMetric {
        /// The threshold's key as written.
        selector: String,
        /// The metric name in it.
        metric: String,
        /// The nearest existing name.
        nearest: Option<String>,
    },
    /// The aggregation does not exist for metrics of that kind.
    #[error(
        "threshold '{expression}' on '{selector}': aggregation '{aggregation}' is not supported \
         for a {kind} metric; supported: {supported}"
    )]
    Unsupported {
        /// The threshold's key as written.
        selector: String,
        /// The expression as written.
        expression: String,
        /// The aggregation in it.
        aggregation: String,
        /// The metric's kind.
        kind: MetricKind,
        /// The aggregations of that kind.
        supported: &'static str,
    },
    /// The aggregation is known of the whole run, and of no part of it.
    #[error(
        "threshold '{expression}' on '{selector}': '{aggregation}' of a gauge is not known for windows, \
         only 'value' is; leave out the window, or make the metric a trend"
    )]
    UnknownInWindows {
        /// The threshold's key as written.
        selector: String,
        /// The expression as written.
        expression: String,
        /// The aggregation in it.
        aggregation: String,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}
