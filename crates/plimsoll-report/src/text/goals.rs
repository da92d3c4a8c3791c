//! The table of goals.

use plimsoll_metrics::GoalOutcome;

use super::layout::{Mark, Page, padding, width};
use crate::goals::GoalRow;
use crate::model::Summary;

const HEADS: [&str; 5] = ["goal", "measured", "target", "critical", "result"];

pub(super) fn section(page: &mut Page, summary: &Summary) {
    if summary.goals.is_empty() {
        return;
    }
    page.title("GOALS");
    let rows: Vec<[String; 5]> = summary.goals.iter().map(|row| cells(row, summary)).collect();
    let columns: [usize; 5] = std::array::from_fn(|n| {
        rows.iter().map(|row| width(&row[n])).chain([width(HEADS[n])]).max().unwrap_or_default()
    });
    // The heading begins above the names, behind the marks.
    let heading = page.faint(aligned(&HEADS.map(str::to_owned), &columns).trim_end());
    page.line(6, &heading);
    for (row, cells) in summary.goals.iter().zip(&rows) {
        let line = aligned(cells, &columns);
        page.line(4, &format!("{} {}", page.mark(mark(row)), line.trim_end()));
    }
    page.blank();
}

fn cells(row: &GoalRow, summary: &Summary) -> [String; 5] {
    let goal = &row.result.goal;
    let [target, critical] = [&goal.target, &goal.critical].map(|bound| bound.source().trim().to_owned());
    let result = row.result.outcome.as_str().to_owned();
    [goal.name.clone(), row.measured(summary), target, critical, result]
}

fn aligned(cells: &[String; 5], columns: &[usize; 5]) -> String {
    let cell = |(text, columns): (&String, &usize)| format!("{text}{}", padding(text, *columns));
    cells.iter().zip(columns).map(cell).collect::<Vec<_>>().join("  ")
}

fn mark(row: &GoalRow) -> Mark {
    match row.result.outcome {
        GoalOutcome::Met { .. } => Mark::Good,
        GoalOutcome::Degraded { .. } => Mark::Degraded,
        GoalOutcome::Violated { .. } => Mark::Bad,
        GoalOutcome::NoData => Mark::Unknown,
    }
}
