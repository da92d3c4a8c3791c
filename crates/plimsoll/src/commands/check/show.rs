//! Findings as text, as JSON, and as commands for annotations.

use std::fmt::Write as _;
use std::path::Path;

use plimsoll_script::Location;
use plimsoll_script::check::{Finding, Level};
use serde_json::{Value, json};

/// The version of the JSON's form: a new one when something is renamed or left out.
const JSON_VERSION: u32 = 1;

/// A line for each finding, and a last one with their numbers.
pub(super) fn text(findings: &[Finding], scripts: usize) -> String {
    let mut text = String::new();
    for Finding { level, rule, location, message, hint } in findings {
        if let Some(place) = location {
            write!(text, "{}:{}:{}: ", shown(place), place.line, place.column).expect("a String");
        }
        writeln!(text, "{}: {message} [{rule}]", level.as_str()).expect("a String");
        if let Some(hint) = hint {
            writeln!(text, "    hint: {hint}").expect("a String");
        }
    }
    let numbers: Vec<String> = [Level::Error, Level::Warning, Level::Note]
        .iter()
        .filter(|level| count(findings, **level) > 0)
        .map(|level| numbered(count(findings, *level), level.as_str()))
        .collect();
    let found = if numbers.is_empty() { "no findings".to_owned() } else { numbers.join(", ") };
    writeln!(text, "{} checked: {found}", numbered(scripts, "script")).expect("a String");
    text
}

fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|finding| finding.level == level).count()
}

fn numbered(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// One object; its form is documented in the guide.
pub(super) fn json(findings: &[Finding]) -> String {
    let one = |finding: &Finding| {
        let place = finding.location.as_ref();
        json!({
            "level": finding.level.as_str(),
            "rule": finding.rule,
            "file": place.map(shown),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
            "message": finding.message,
            "hint": finding.hint,
        })
    };
    let document = json!({
        "version": JSON_VERSION,
        "errors": count(findings, Level::Error),
        "warnings": count(findings, Level::Warning),
        "notes": count(findings, Level::Note),
        "findings": findings.iter().map(one).collect::<Vec<Value>>(),
    });
    format!("{document:#}\n")
}

/// Workflow commands
/// (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).
pub(super) fn annotations(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let level = if finding.level == Level::Note { "notice" } else { finding.level.as_str() };
        let title = format!("title={}", property(&format!("plimsoll check: {}", finding.rule)));
        let place = finding.location.as_ref().map(|place| {
            format!("file={},line={},col={},", property(&shown(place)), place.line, place.column)
        });
        let hint = finding.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        let message = format!("{}{hint}", finding.message);
        writeln!(text, "::{level} {}{title}::{}", place.unwrap_or_default(), data(&message))
            .expect("a String");
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The file as one would name it here.
fn shown(place: &Location) -> String {
    let here = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let short = here.ok().and_then(|here| Some(Path::new(&place.file).strip_prefix(here).ok()?.to_owned()));
    short.map_or_else(|| place.file.clone(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(level: Level) -> Finding {
        let place = Location { file: "/s/a,b.js".into(), line: 3, column: 7, width: 1, text: String::new() };
        Finding::new(level, "rule", "50% wrong").at(Some(place)).hint(Some("mend it".to_owned()))
    }

    #[test]
    fn text_reads_like_a_compilers() {
        let all = [finding(Level::Error), Finding::new(Level::Note, "other", "no place")];
        assert_eq!(
            text(&all, 2),
            "/s/a,b.js:3:7: error: 50% wrong [rule]\n    hint: mend it\nnote: no place [other]\n\
             2 scripts checked: 1 error, 1 note\n"
        );
        assert_eq!(text(&[], 1), "1 script checked: no findings\n");
    }

    #[test]
    fn annotations_escape_what_separates() {
        assert_eq!(
            annotations(&[finding(Level::Note)]),
            "::notice file=/s/a%2Cb.js,line=3,col=7,title=plimsoll check%3A rule::50%25 wrong%0A\
             hint: mend it\n"
        );
    }
}
