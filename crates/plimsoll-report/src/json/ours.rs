//! What the summaries for programs have beyond k6's: goals, and the verdict on the measurement.

use plimsoll_metrics::GoalResult;
use serde_json::{Value, json};

use super::number;
use crate::goals::GoalRow;
use crate::model::Summary;
use crate::validity::{Reason, Validity};

/// Adds what k6 knows nothing of, where there is any.
pub(super) fn add_ours(data: &mut Value, summary: &Summary) {
    if let Some(validity) = &summary.run.validity {
        data["validity"] = self::validity(validity);
    }
    if !summary.goals.is_empty() {
        data["goals"] = summary.goals.iter().map(goal).collect();
    }
}

fn validity(validity: &Validity) -> Value {
    let reason = |reason: &Reason| {
        json!({
            "rule": reason.rule,
            "verdict": reason.verdict,
            "blame": reason.blame,
            "observed": reason.observed,
            "why": reason.why,
            "hint": reason.hint,
        })
    };
    json!({
        "verdict": validity.verdict,
        "reasons": validity.reasons.iter().map(reason).collect::<Vec<_>>(),
        "figures": validity.figures,
    })
}

fn goal(row: &GoalRow) -> Value {
    let GoalResult { goal, outcome, no_data, .. } = &row.result;
    json!({
        "name": goal.name,
        "metric": goal.selector.source(),
        "target": goal.target.source(),
        "critical": goal.critical.source(),
        "status": outcome.as_str(),
        "value": outcome.value().map(number),
        "reason": no_data,
    })
}
