//! The generator's own figures, from the file that `--summary-export` writes.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// What `--summary-trend-stats` has to name for the figures read here.
pub(super) const TREND_STATS: &str = "avg,med,p(95),p(99),max";

/// A summary as data.
pub(super) struct Exported(Value);

impl Exported {
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read(file).with_context(|| file.display().to_string())?;
        Ok(Self(serde_json::from_slice(&text).with_context(|| file.display().to_string())?))
    }

    /// One figure of a metric; 0 for a metric that had no sample, as counters that never counted.
    pub(super) fn figure(&self, metric: &str, name: &str) -> Result<f64> {
        let Some(metric_data) = self.0["metrics"].get(metric) else { return Ok(0.0) };
        metric_data[name].as_f64().with_context(|| format!("{metric} has no {name}"))
    }

    /// The count of a counter.
    pub(super) fn count(&self, metric: &str) -> Result<u64> {
        let count = self.figure(metric, "count")?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are whole")]
        Ok(count as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_by_metric_and_name() {
        let exported =
            Exported(serde_json::json!({ "metrics": { "http_reqs": { "count": 7, "rate": 1.5 } } }));
        assert_eq!(exported.count("http_reqs").expect("a count"), 7);
        assert_eq!(exported.count("dropped_iterations").expect("nothing"), 0);
        let error = exported.figure("http_reqs", "p(95)").expect_err("not there");
        assert_eq!(error.to_string(), "http_reqs has no p(95)");
    }
}
