//! What a run came to in one word, the same in every form.

use std::time::Duration;

use plimsoll_report::record::Header;
use plimsoll_report::{Format, Report, Style, Timeline, Trust, Validity, Verdict};
use serde_json::Value;

use crate::fixture::Run;

/// A run whose only threshold holds.
fn sound() -> Run {
    let mut run = Run::lasting(Duration::from_secs(10));
    run.record("http_reqs", &[], &[1.0]);
    run.threshold("http_reqs", &["count>0"]);
    run
}

fn rendered(run: Run, format: Format, exit_code: u8) -> String {
    let (summary, timeline) = (run.summary(), Timeline::default());
    let header = Header { script: "smoke.js".to_owned(), ..Header::default() };
    let exit_code = Some(exit_code);
    let report = Report { summary: &summary, timeline: &timeline, header: &header, exit_code };
    report.render(format, &Style::default())
}

#[test]
fn a_run_that_did_not_come_to_its_end_has_not_passed() {
    let stopped = || {
        let mut run = sound();
        run.facts.ended_early = Some("the test was interrupted by a signal".to_owned());
        run
    };
    assert_eq!(sound().summary().verdict(), Verdict::Passed);
    assert_eq!(stopped().summary().verdict(), Verdict::Incomplete);
    let document: Value = serde_json::from_str(&rendered(stopped(), Format::Json, 105)).expect("JSON");
    assert_eq!(document["verdict"], "incomplete");
    for (format, says) in [
        (Format::Text, "? incomplete: it ended early; the one threshold holds"),
        (Format::Markdown, "## ⚠️ Load test incomplete: it ended early; the one threshold holds"),
        (Format::Html, "<title>incomplete: smoke.js</title>"),
        (Format::JUnit, "<failure message=\"it ended early\" type=\"run\">the test was interrupted"),
        (Format::GitHub, "::error file=smoke.js,title=plimsoll%3A end::the test was interrupted"),
    ] {
        let text = rendered(stopped(), format, 105);
        assert!(text.contains(says), "{format:?}: {text}");
        assert!(!text.contains("passed:"), "{format:?}: {text}");
    }
    let mut crossed = stopped();
    crossed.threshold("http_reqs", &["count>5"]);
    assert_eq!(crossed.summary().verdict(), Verdict::Failed, "whatever would have come later");
}

#[test]
fn a_run_that_its_script_calls_failed_has_failed() {
    let marked = || {
        let mut run = sound();
        run.facts.marked_failed = Some("not good".to_owned());
        run
    };
    assert_eq!(marked().summary().verdict(), Verdict::Failed);
    let document: Value = serde_json::from_str(&rendered(marked(), Format::Json, 110)).expect("JSON");
    assert_eq!(document["verdict"], "failed");
    assert_eq!(document["run"]["marked_failed"], "not good");
    let headline = "failed: the script marked it as failed; the one threshold holds";
    for (format, says) in [
        (Format::Text, format!("✗ {headline}\n\n    ! the script marked the test as failed: not good\n")),
        (Format::Markdown, format!("## ❌ Load test {headline}")),
        (Format::Html, "<title>failed: smoke.js</title>".to_owned()),
        (Format::JUnit, "type=\"run\">not good</failure>".to_owned()),
        (Format::GitHub, "::error file=smoke.js,title=plimsoll%3A end::the script marked".to_owned()),
    ] {
        let text = rendered(marked(), format, 110);
        assert!(text.contains(&says), "{format:?}: {text}");
    }
    let case = "<testcase name=\"was not marked as failed\" classname=\"run.smoke_js\" time=\"0\"/>";
    assert!(rendered(sound(), Format::JUnit, 0).contains(case));
}

/// GitHub drops what is beyond ten of a kind.
#[test]
fn annotations_keep_to_what_is_shown() {
    let mut run = sound();
    let thresholds: Vec<String> = (100..114).map(|least| format!("count>{least}")).collect();
    run.record("iterations", &[], &[6.0]);
    run.threshold("iterations", &thresholds.iter().map(String::as_str).collect::<Vec<_>>());
    run.facts.validity = Some(Validity { verdict: Trust::Invalid, ..Validity::default() });
    run.facts.notes = (0..12).map(|number| format!("note {number}")).collect();
    let text = rendered(run, Format::GitHub, 99);
    let of = |level: &str| text.lines().filter(|line| line.starts_with(level)).collect::<Vec<_>>();
    let (errors, warnings) = (of("::error"), of("::warning"));
    assert_eq!((errors.len(), warnings.len()), (10, 10), "{text}");
    assert!(errors[0].contains("title=plimsoll%3A validity::"), "{text}");
    assert!(errors[1].contains("'count>100'") && errors[9].ends_with("::and 6 more"), "{text}");
    assert!(warnings[9].ends_with("::and 3 more"), "{text}");
}
