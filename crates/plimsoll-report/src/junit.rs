//! The result as JUnit's XML, which CI systems read: a suite each for the run itself, the thresholds, the
//! goals and the checks, a case for each of them, and a failure with what was measured.
//!
//! The form is what the schemas of Jenkins and of Ant have in common: all attributes and elements that one of
//! them requires, none that one of them forbids.

use plimsoll_metrics::Outcome;

use crate::format;
use crate::record::Place;
use crate::report::Report;
use crate::validity::Trust;
use crate::verdict::{goal_measurement, measurement};

/// What became of one case.
enum Result {
    Passed,
    Skipped,
    /// In a few words, and what is known of it.
    Failed(String, String),
}

struct Case {
    name: String,
    result: Result,
}

/// The result as XML.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let suites = [
        ("run", [end(report), mark(report)].into_iter().chain(trust(report)).collect()),
        ("thresholds", thresholds(report)),
        ("goals", goals(report)),
        ("checks", checks(report)),
    ];
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for (id, (name, cases)) in suites.into_iter().filter(|(_, cases)| !cases.is_empty()).enumerate() {
        suite(&mut text, report, id, name, &cases);
    }
    text.push_str("</testsuites>\n");
    text
}

fn suite(text: &mut String, report: &Report<'_>, id: usize, name: &str, cases: &[Case]) {
    let run = &report.summary.run;
    let failed = cases.iter().filter(|case| matches!(case.result, Result::Failed(..))).count();
    let skipped = cases.iter().filter(|case| matches!(case.result, Result::Skipped)).count();
    let host = if report.header.machine.host.is_empty() { "localhost" } else { &report.header.machine.host };
    // The schemas know no time zone; it is UTC.
    let began =
        if run.started.is_empty() { "1970-01-01T00:00:00" } else { run.started.trim_end_matches('Z') };
    text.push_str(&format!(
        "  <testsuite name=\"{}\" package=\"plimsoll\" id=\"{id}\" tests=\"{}\" failures=\"{failed}\" \
         errors=\"0\" skipped=\"{skipped}\" time=\"{:.3}\" timestamp=\"{}\" hostname=\"{}\">\n    \
         <properties>\n",
        attribute(name),
        cases.len(),
        run.duration.as_secs_f64(),
        attribute(began),
        attribute(host)
    ));
    let properties = [("script", run.script.as_str()), ("plimsoll", env!("CARGO_PKG_VERSION"))];
    for (key, value) in properties.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("      <property name=\"{key}\" value=\"{}\"/>\n", attribute(value)));
    }
    text.push_str("    </properties>\n");
    cases.iter().for_each(|case| put(text, report, name, case));
    let notes = report.summary.notes();
    let out = std::iter::once(report.summary.headline()).chain(notes).collect::<Vec<_>>().join("\n");
    text.push_str(&format!(
        "    <system-out>{}</system-out>\n    <system-err/>\n  </testsuite>\n",
        content(&out)
    ));
}

fn put(text: &mut String, report: &Report<'_>, suite: &str, case: &Case) {
    let script = if report.header.script.is_empty() { "test" } else { &report.header.script };
    let head = format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"0\"",
        attribute(&case.name),
        // Viewers make a tree of it at the dots.
        attribute(&format!("{suite}.{}", script.replace('.', "_")))
    );
    text.push_str(&head);
    match &case.result {
        Result::Passed => text.push_str("/>\n"),
        Result::Skipped => text.push_str(">\n      <skipped/>\n    </testcase>\n"),
        Result::Failed(message, detail) => text.push_str(&format!(
            ">\n      <failure message=\"{}\" type=\"{suite}\">{}</failure>\n    </testcase>\n",
            attribute(message),
            content(detail)
        )),
    }
}

fn place(place: Option<&Place>) -> String {
    match place {
        Some(Place { file, line, .. }) if *line > 0 => format!("\n{file}:{line}"),
        _ => String::new(),
    }
}

/// A run that was stopped or cut off has not passed, whatever its thresholds say so far.
fn end(report: &Report<'_>) -> Case {
    let result = match &report.summary.run.ended_early {
        None => Result::Passed,
        Some(why) => Result::Failed("it ended early".to_owned(), why.clone()),
    };
    Case { name: "comes to its end".to_owned(), result }
}

/// Nor has one that its script calls failed.
fn mark(report: &Report<'_>) -> Case {
    let result = match &report.summary.run.marked_failed {
        None => Result::Passed,
        Some(why) => Result::Failed("the script marked it as failed".to_owned(), why.clone()),
    };
    Case { name: "was not marked as failed".to_owned(), result }
}

/// Numbers that are not the target's are worth as little as none.
fn trust(report: &Report<'_>) -> Option<Case> {
    let validity = report.summary.run.validity.as_ref()?;
    let reasons: Vec<&str> = validity.reasons.iter().map(|reason| reason.observed.as_str()).collect();
    let result = match validity.verdict {
        Trust::Valid | Trust::Suspect => Result::Passed,
        Trust::Invalid => Result::Failed(validity.headline(), reasons.join("\n")),
    };
    Some(Case { name: "can be trusted".to_owned(), result })
}

fn thresholds(report: &Report<'_>) -> Vec<Case> {
    let summary = report.summary;
    let mut cases = Vec::new();
    for row in &summary.thresholds {
        for threshold in &row.results {
            let (selector, label) = (row.selector.source(), threshold.threshold.label());
            let fails = threshold.outcome.fails(summary.no_data);
            let result = match threshold.outcome {
                Outcome::NoData { .. } if !fails => Result::Skipped,
                _ if !fails => Result::Passed,
                _ => {
                    let measured = measurement(summary, row, threshold);
                    let at = place(report.place_of_threshold(selector, &threshold.threshold));
                    let detail = format!("{selector} '{label}': {measured}{at}");
                    Result::Failed(measured, detail)
                }
            };
            cases.push(Case { name: format!("{selector} {label}"), result });
        }
    }
    cases
}

fn goals(report: &Report<'_>) -> Vec<Case> {
    let summary = report.summary;
    let case = |row: &crate::goals::GoalRow| {
        let goal = &row.result.goal;
        let result = match (&row.result.no_data, row.fails(summary)) {
            (Some(_), false) => Result::Skipped,
            (None, false) => Result::Passed,
            (_, true) => {
                let message = goal_measurement(summary, row);
                let (target, critical) = (goal.target.source(), goal.critical.source());
                let at = place(report.place_of_goal(&goal.name));
                let detail = format!(
                    "{} on {}: {message}; target {target}, critical {critical}{at}",
                    goal.name, goal.selector
                );
                Result::Failed(message, detail)
            }
        };
        Case { name: goal.name.clone(), result }
    };
    summary.goals.iter().map(case).collect()
}

/// As k6 sees them, checks fail no run; a report of tests without those that failed would be of little use.
fn checks(report: &Report<'_>) -> Vec<Case> {
    let checks = &report.summary.total.checks;
    let case = |check: &crate::section::CheckSummary| {
        let all = check.passes + check.fails;
        let message = format!("{} of {} failed", format::count(check.fails), format::counted(all, "time"));
        let share = format::percent(check.fails, all);
        let result = if check.fails == 0 {
            Result::Passed
        } else {
            Result::Failed(message.clone(), format!("{message} ({share})"))
        };
        Case { name: check.name.clone(), result }
    };
    checks.iter().map(case).collect()
}

fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

/// What XML 1.0 has no way to say becomes a replacement character.
fn content(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(letter),
            letter if letter < ' ' || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_makes_markup() {
        assert_eq!(attribute("a\"<b>\n\u{1}&"), "a&quot;&lt;b&gt;&#10;\u{fffd}&amp;");
    }
}
