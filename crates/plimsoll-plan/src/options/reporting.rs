//! Options of the summary: which statistics of a trend are shown.

use std::fmt;

use serde_json::Value;

use super::value::{Expected, OptionValue};

/// A statistic of a trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TrendStat {
    /// The mean.
    Avg,
    /// The smallest value.
    Min,
    /// The 50th percentile.
    Med,
    /// The largest value.
    Max,
    /// How many values there are.
    Count,
    /// The value that this many percent lie below.
    Percentile(f64),
}

/// k6's selection.
pub(super) fn default_trend_stats() -> Vec<TrendStat> {
    use TrendStat::{Avg, Max, Med, Min, Percentile};
    vec![Avg, Min, Med, Max, Percentile(90.0), Percentile(95.0)]
}

impl fmt::Display for TrendStat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Avg => f.write_str("avg"),
            Self::Min => f.write_str("min"),
            Self::Med => f.write_str("med"),
            Self::Max => f.write_str("max"),
            Self::Count => f.write_str("count"),
            Self::Percentile(percent) => write!(f, "p({percent})"),
        }
    }
}

impl OptionValue for TrendStat {
    fn from_json(value: &Value) -> Result<Self, Expected> {
        let text = value.as_str().ok_or_else(expected)?;
        match text {
            "avg" => Ok(Self::Avg),
            "min" => Ok(Self::Min),
            "med" => Ok(Self::Med),
            "max" => Ok(Self::Max),
            "count" => Ok(Self::Count),
            _ => percentile(text).map(Self::Percentile).ok_or_else(expected),
        }
    }

    fn to_json(&self) -> Value {
        Value::from(self.to_string())
    }
}

fn expected() -> Expected {
    "must be one of avg, min, med, max, count, or p(N) with N from 0 to 100".to_owned()
}

fn percentile(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_prefix("p(")?.strip_suffix(')')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_and_percentiles() {
        let stats = Vec::<TrendStat>::from_text("avg,p(99.9),count").expect("valid");
        assert_eq!(stats, [TrendStat::Avg, TrendStat::Percentile(99.9), TrendStat::Count]);
        assert_eq!(stats[1].to_string(), "p(99.9)");
        for text in ["p(101)", "p()", "p99", "mean"] {
            assert!(TrendStat::from_text(text).is_err(), "{text}");
        }
    }
}
