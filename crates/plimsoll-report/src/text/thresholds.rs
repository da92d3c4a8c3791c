//! The block of thresholds with their results.

use plimsoll_metrics::threshold::WindowResult;
use plimsoll_metrics::{Outcome, ThresholdResult};

use super::layout::{Mark, Page};
use super::like_k6;
use crate::format;
use crate::model::{Summary, ThresholdRow};

pub(super) fn section(page: &mut Page, summary: &Summary) {
    if summary.thresholds.is_empty() {
        return;
    }
    page.title("THRESHOLDS");
    for row in &summary.thresholds {
        let is_part = has_parent(summary, row);
        let (indent, name) = match row.selector.suffix() {
            Some(suffix) if is_part => (6, format!("{{{suffix}}}")),
            _ => (4, row.selector.source().to_owned()),
        };
        page.line(indent, &name);
        for result in &row.results {
            let text = result_line(page, summary, row, result);
            page.line(indent, &text);
        }
        page.blank();
    }
}

/// Whether the whole metric has thresholds too: then its parts stand below it.
fn has_parent(summary: &Summary, row: &ThresholdRow) -> bool {
    let same_metric = |other: &&ThresholdRow| other.selector.metric() == row.selector.metric();
    summary.thresholds.iter().filter(same_metric).any(|other| other.selector.suffix().is_none())
}

fn result_line(page: &Page, summary: &Summary, row: &ThresholdRow, result: &ThresholdResult) -> String {
    let mark = page.mark(mark(result.outcome, like_k6(summary)));
    let source = page.source(&format!("'{}'", result.threshold.label()));
    let window = decided(result).map(|window| format!(" ({window})")).unwrap_or_default();
    match measured(summary, row, result) {
        Some((aggregation, value)) => {
            format!("{mark} {source} {}={}{window}", page.source(&aggregation), page.value(&value))
        }
        None => format!("{mark} {source} {}", page.value("no data")),
    }
}

/// Which window decided a threshold; `None` without windows.
pub(crate) fn decided(result: &ThresholdResult) -> Option<String> {
    let WindowResult { span: (start, end), is_full, judged, broken } = result.window?;
    let span = format!("{} to {}", format::moment(start), format::moment(end));
    Some(match (is_full, result.outcome) {
        (false, _) => {
            let is_long = result.threshold.window.is_some_and(|window| end.saturating_sub(start) > window);
            let how = if is_long { "longer" } else { "shorter" };
            format!("judged on {span}, which is {how} than the window")
        }
        (true, Outcome::Crossed { .. }) => {
            format!("worst from {span}; {broken} of {} broke it", format::counted(judged, "window"))
        }
        (true, _) => format!("worst from {span}"),
    })
}

fn mark(outcome: Outcome, like_k6: bool) -> Mark {
    match outcome {
        Outcome::Passed { .. } => Mark::Good,
        Outcome::Crossed { .. } => Mark::Bad,
        Outcome::NoData { k6_passes } if like_k6 => {
            if k6_passes {
                Mark::Good
            } else {
                Mark::Bad
            }
        }
        Outcome::NoData { .. } => Mark::Unknown,
    }
}

/// What was measured: the aggregation as the author wrote it, and the value. k6's zero where there are no
/// data and k6's view of that was asked for.
pub(crate) fn measured(
    summary: &Summary,
    row: &ThresholdRow,
    result: &ThresholdResult,
) -> Option<(String, String)> {
    let value = match result.outcome {
        Outcome::NoData { .. } if like_k6(summary) => 0.0,
        outcome => outcome.value()?,
    };
    let aggregation = result.threshold.expression.aggregation();
    let text = format::aggregated(value, aggregation, row.kind, row.contains, summary.settings.time_unit);
    Some((aggregation.to_string(), text))
}
