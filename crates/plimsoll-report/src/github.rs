//! Annotations of workflows on GitHub: what fails the run, at the line where it is asked for
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).

use std::fmt::Write as _;

use crate::record::{Header, Place};
use crate::report::Report;
use crate::validity::Trust;
use crate::verdict::Failing;

/// GitHub shows ten errors and ten warnings of a step and drops the others; what matters comes first.
const MOST: usize = 10;

/// One line for each threshold and goal that fails the run, and for what else must be known.
#[must_use]
pub fn annotations(report: &Report<'_>) -> String {
    let mut text = String::new();
    let Header { file, script, .. } = report.header;
    let file = if file.is_empty() { script } else { file };
    let script = Place { file: file.clone(), ..Place::default() };
    for failing in Failing::all(report.summary) {
        let (place, title) = match &failing {
            Failing::Threshold { selector, threshold, .. } => {
                (report.place_of_threshold(selector, threshold), "plimsoll: threshold")
            }
            Failing::Goal { name, .. } => (report.place_of_goal(name), "plimsoll: goal"),
        };
        command(&mut text, "error", place.unwrap_or(&script), title, &failing.to_string());
    }
    if let Some(validity) = report.summary.run.validity.as_ref().filter(|it| it.verdict != Trust::Valid) {
        let level = if validity.verdict == Trust::Invalid { "error" } else { "warning" };
        command(&mut text, level, &script, "plimsoll: validity", &validity.headline());
    }
    for note in report.summary.notes().iter().take(MOST) {
        command(&mut text, "warning", &script, "plimsoll", note);
    }
    text
}

/// A workflow command.
fn command(text: &mut String, level: &str, place: &Place, title: &str, message: &str) {
    let mut properties = Vec::new();
    if !place.file.is_empty() && place.file != "-" {
        properties.push(format!("file={}", property(&place.file)));
    }
    if place.line > 0 {
        properties.push(format!("line={},col={}", place.line, place.column));
    }
    properties.push(format!("title={}", property(title)));
    writeln!(text, "::{level} {}::{}", properties.join(","), data(message)).expect("a String");
}

/// The text of a command, escaped.
#[must_use]
pub fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command, escaped.
#[must_use]
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
