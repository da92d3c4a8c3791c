//! Annotations of workflows on GitHub: what fails the run, at the line where it is asked for
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).

use std::fmt::Write as _;

use crate::record::{Header, Place};
use crate::report::Report;
use crate::validity::Trust;
use crate::verdict::Failing;

/// GitHub shows ten errors and ten warnings of a step and drops the others; what matters comes first.
const MOST: usize = 10;

/// What is said at a place.
struct Annotation<'a> {
    place: &'a Place,
    title: &'static str,
    message: String,
}

/// One line for everything that fails the run, and for what else must be known. A measurement that is not the
/// target's comes first: nothing else can be believed then.
#[must_use]
pub fn annotations(report: &Report<'_>) -> String {
    let Header { file, script, .. } = report.header;
    let file = if file.is_empty() { script } else { file };
    let script = Place { file: file.clone(), ..Place::default() };
    let at_script = |title, message| Annotation { place: &script, title, message };
    let summary = report.summary;
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    if let Some(validity) = summary.run.validity.as_ref().filter(|it| it.verdict != Trust::Valid) {
        let level = if validity.verdict == Trust::Invalid { &mut errors } else { &mut warnings };
        level.push(at_script("plimsoll: validity", validity.headline()));
    }
    errors.extend(summary.ends().into_iter().map(|why| at_script("plimsoll: end", why)));
    for failing in Failing::all(summary) {
        let (place, title) = match &failing {
            Failing::Threshold { selector, threshold, .. } => {
                (report.place_of_threshold(selector, threshold), "plimsoll: threshold")
            }
            Failing::Goal { name, .. } => (report.place_of_goal(name), "plimsoll: goal"),
        };
        errors.push(Annotation { place: place.unwrap_or(&script), title, message: failing.to_string() });
    }
    warnings.extend(summary.remarks().into_iter().map(|note| at_script("plimsoll", note)));
    let mut text = String::new();
    put(&mut text, "error", &errors, &script);
    put(&mut text, "warning", &warnings, &script);
    text
}

/// As many as GitHub shows; the last place is for how many more there are.
fn put(text: &mut String, level: &str, annotations: &[Annotation<'_>], script: &Place) {
    let all = annotations.len();
    let shown = if all > MOST { MOST - 1 } else { all };
    for Annotation { place, title, message } in &annotations[..shown] {
        command(text, level, place, title, message);
    }
    if shown < all {
        command(text, level, script, "plimsoll", &format!("and {} more", all - shown));
    }
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
