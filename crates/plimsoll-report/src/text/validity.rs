//! Whether the measurement can be trusted: in one line of the verdict, and before everything else when it is
//! not so.

use super::layout::{Mark, Page};
use crate::model::Summary;
use crate::validity::Trust;

fn mark(trust: Trust) -> Mark {
    match trust {
        Trust::Valid => Mark::Good,
        Trust::Suspect => Mark::Unknown,
        Trust::Invalid => Mark::Bad,
    }
}

/// What speaks against the measurement; nothing when it is valid.
pub(super) fn warning(page: &mut Page, summary: &Summary) {
    let Some(validity) = &summary.run.validity else { return };
    if validity.verdict == Trust::Valid {
        return;
    }
    page.title(&format!("THE MEASUREMENT IS {}", validity.verdict.as_str()));
    for reason in &validity.reasons {
        let (mark, observed) = (page.mark(mark(reason.verdict)), page.bold(&reason.observed));
        page.line(4, &format!("{mark} {observed}:"));
        page.line(6, &reason.why);
        let hint = page.faint(&format!("→ {}", reason.hint));
        page.line(6, &hint);
    }
    page.blank();
}

/// The verdict on the measurement, before that on the target.
pub(super) fn line(page: &mut Page, summary: &Summary) {
    let Some(validity) = &summary.run.validity else { return };
    let (mark, verdict) = (page.mark(mark(validity.verdict)), validity.verdict.as_str());
    let verdict = page.bold(&format!("the measurement is {verdict}"));
    let line = if validity.figures.is_empty() {
        verdict
    } else {
        format!("{verdict}: {}", validity.figures.join("; "))
    };
    page.line(4, &format!("{mark} {line}"));
}
