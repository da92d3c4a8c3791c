//! The end-of-test summary for the terminal.
//!
//! The first part is k6's compact (or full) layout, byte for byte: thresholds, total results, groups,
//! scenarios. Behind it stands what is ours: the warm-up, endpoints, failed requests, notes, and the verdict
//! last, where a terminal leaves the reader's eyes. Goals alone stand beside the thresholds; and a
//! measurement that is not valid says so before everything else.
//!
//! To be printed as `"\n" + text + "\n\n"`, as k6 prints its own.

mod goals;
mod layout;
mod metrics;
mod ours;
mod thresholds;
mod validity;

use plimsoll_metrics::NoDataPolicy;

use self::layout::Page;
pub(crate) use self::metrics::{is_shown_in_compact, trend_stat};
pub(crate) use self::ours::span;
pub(crate) use self::thresholds::{decided, measured};
use crate::format;
use crate::model::Summary;
use crate::section::NamedSection;

/// How the text may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours.
    pub colour: bool,
    /// How many endpoints the table shows before the rest becomes one row.
    pub endpoints: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { colour: false, endpoints: 20 }
    }
}

/// The summary as text.
#[must_use]
pub fn render(summary: &Summary, style: &Style) -> String {
    let mut page = Page::new(style.colour);
    validity::warning(&mut page, summary);
    thresholds::section(&mut page, summary);
    goals::section(&mut page, summary);
    page.title("TOTAL RESULTS");
    if summary.total.is_empty() {
        page.line(4, "no samples were recorded: the run measured nothing");
        page.blank();
    }
    metrics::section(&mut page, summary, &summary.total, 4);
    for group in &summary.groups {
        page.title(&format!("GROUP: {}", group.name));
        named_section(&mut page, summary, group, 4);
    }
    for scenario in &summary.scenarios {
        page.title(&format!("SCENARIO: {}", scenario.name));
        named_section(&mut page, summary, scenario, 4);
    }
    if let Some(warm_up) = &summary.warm_up {
        page.title(&format!("WARM-UP: {}, NOT PART OF ANY OTHER NUMBER", format::moment(warm_up.duration)));
        metrics::section(&mut page, summary, warm_up, 4);
    }
    ours::endpoints(&mut page, summary, style.endpoints);
    ours::failures(&mut page, summary);
    ours::verdict(&mut page, summary);
    page.finish()
}

fn named_section(page: &mut Page, summary: &Summary, named: &NamedSection, indent: usize) {
    metrics::section(page, summary, &named.section, indent);
    for group in &named.groups {
        let title = page.bold(&format!("↳ GROUP: {}", group.name));
        page.line(indent, &title);
        page.blank();
        named_section(page, summary, group, indent + 2);
    }
}

/// Whether a threshold without data is to look like k6's.
fn like_k6(summary: &Summary) -> bool {
    summary.no_data == NoDataPolicy::LikeK6
}
