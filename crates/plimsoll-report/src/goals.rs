//! The table of goals: what was wanted of the service, and what was measured.

use plimsoll_metrics::{GoalResult, MetricKind, Registry, ValueKind};

use crate::format;
use crate::model::Summary;

/// A goal with its result.
#[derive(Debug, Clone)]
pub struct GoalRow {
    /// The goal, and what became of it.
    pub result: GoalResult,
    /// The metric's kind.
    pub kind: MetricKind,
    /// What the metric's values stand for.
    pub contains: ValueKind,
}

pub(crate) fn rows(results: Vec<GoalResult>, registry: &Registry) -> Vec<GoalRow> {
    let row = |result: GoalResult| GoalRow {
        kind: result.metric.kind(),
        contains: registry.get(result.metric).contains,
        result,
    };
    results.into_iter().map(row).collect()
}

impl GoalRow {
    /// Whether the row fails the run.
    #[must_use]
    pub fn fails(&self, summary: &Summary) -> bool {
        self.result.outcome.fails(summary.no_data)
    }

    /// The aggregation and what was measured, such as `p(95)=12ms`; `–` without data.
    #[must_use]
    pub fn measured(&self, summary: &Summary) -> String {
        let aggregation = self.result.goal.target.aggregation();
        self.result.outcome.value().map_or_else(
            || "–".to_owned(),
            |value| {
                let unit = summary.settings.time_unit;
                let value = format::aggregated(value, aggregation, self.kind, self.contains, unit);
                format!("{aggregation}={value}")
            },
        )
    }
}

impl Summary {
    /// What the goals amount to, such as `of 6 goals, 4 met, 1 degraded, 1 violated`; `None` without goals.
    #[must_use]
    pub fn goals_in_short(&self) -> Option<String> {
        let all = self.goals.len();
        let words = ["met", "degraded", "violated", "no data"];
        let count = |word: &str| self.goals.iter().filter(|row| row.result.outcome.as_str() == word).count();
        let parts = words.map(|word| (count(word), if word == "no data" { "without data" } else { word }));
        if all == 0 {
            return None;
        }
        if parts[0].0 == all {
            return Some(match all {
                1 => "the one goal is met".to_owned(),
                _ => format!("all {all} goals are met"),
            });
        }
        let parts: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        Some(format!("of {}, {}", format::counted(all as u64, "goal"), parts.join(", ")))
    }
}
