//! The command `report`: the result of a run again, from its record.

use std::io::IsTerminal as _;

use plimsoll_report::record::Record;
use plimsoll_report::{Format, Report, Style, Summary, document};

use crate::cli::ReportArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{log, record, reports, summary};

/// Makes the report.
///
/// # Errors
/// When a record cannot be read, or the report cannot be written.
pub(crate) fn report(arguments: &ReportArguments) -> Result<Exit, Failure> {
    let print = |text: &str| summary::print(text).map_err(|error| Failure::Write(vec![error]));
    if arguments.schema {
        return print(document::SCHEMA).map(|()| Exit::Success);
    }
    let record = record::open(&arguments.records)?;
    let bound = record.bound();
    let (summary, timeline) =
        record.summary(arguments.settings(&bound.settings), arguments.no_data(bound.no_data));
    let exit_code = record.end.as_ref().map(|end| end.exit_code);
    let report = Report { summary: &summary, timeline: &timeline, header: &record.header, exit_code };
    if arguments.out.is_empty() {
        print(&shown(&report, arguments))?;
    }
    let write = |path: &std::path::PathBuf| match arguments.format {
        Some(format) => reports::write_as(path, &report, format),
        None => reports::write(path, &report, Format::Text),
    };
    let failures: Vec<String> = arguments.out.iter().filter_map(|path| write(path).err()).collect();
    if reports::is_for_github(arguments.github) {
        reports::tell_github(&report);
    }
    if !failures.is_empty() {
        return Err(Failure::Write(failures));
    }
    Ok(if arguments.checks { judged(&record, &summary) } else { Exit::Success })
}

/// What stdout gets.
fn shown(report: &Report<'_>, arguments: &ReportArguments) -> String {
    let format = arguments.format.unwrap_or(Format::Text);
    if format != Format::Text {
        return report.render(format, &Style::default());
    }
    let colour = std::io::stdout().is_terminal() && !arguments.logging.no_color && !log::no_color();
    let text = report.render(format, &Style { colour, ..Style::default() });
    // What a reader has to know first, though it is among the notes at the end.
    let cut = match (&report.exit_code, &report.summary.run.ended_early) {
        (None, Some(cut)) => format!("\n    ! {cut}\n"),
        _ => String::new(),
    };
    format!("{cut}\n{}\n\n", text.trim_end_matches('\n'))
}

/// The exit code of the run. Thresholds and goals may be judged otherwise now: by other rules for missing
/// data, or on several instances together.
fn judged(record: &Record, summary: &Summary) -> Exit {
    let recorded = match &record.end {
        Some(end) => Exit::of_code(end.exit_code).unwrap_or(Exit::Other),
        // Nobody knows how it would have ended.
        None => Exit::Other,
    };
    let is_verdict = matches!(recorded, Exit::Success | Exit::ThresholdsCrossed | Exit::GoalsViolated);
    let was_aborted = recorded == Exit::ThresholdsCrossed && summary.run.ended_early.is_some();
    // What the whole amounts to does not undo that an instance was stopped by its thresholds.
    if record.end.is_some() && (!is_verdict || was_aborted) {
        recorded
    } else if summary.failing().next().is_some() {
        Exit::ThresholdsCrossed
    } else if summary.goals.iter().any(|row| row.fails(summary)) {
        Exit::GoalsViolated
    } else if is_verdict {
        Exit::Success
    } else {
        recorded
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_metrics::{NoDataPolicy, Registry};
    use plimsoll_report::record::{End, Header, Writer};
    use plimsoll_report::{RunFacts, Settings};

    use super::*;

    /// An instance that ended with this code, before its plan if there is a reason.
    fn ended(exit_code: Exit, ended_early: Option<&str>) -> Record {
        let header = Header::default().with_settings(&Settings::default(), NoDataPolicy::Fail);
        let (writer, mut bytes) = Writer::begin(header, &Registry::new());
        let run = RunFacts { ended_early: ended_early.map(str::to_owned), ..RunFacts::default() };
        bytes.extend(writer.end(&End { run, exit_code: exit_code as u8, ..End::default() }));
        Record::read(bytes).expect("whole")
    }

    fn together(instances: [Record; 2]) -> Exit {
        let record = Record::merge(instances.into()).expect("one test");
        let bound = record.bound();
        let (summary, _) = record.summary(bound.settings.clone(), bound.no_data);
        judged(&record, &summary)
    }

    #[test]
    fn no_instance_makes_another_one_valid() {
        for (one, other, whole) in [
            (Exit::NotValid, Exit::ThresholdsCrossed, Exit::NotValid),
            (Exit::NotValid, Exit::Success, Exit::NotValid),
            (Exit::NotValid, Exit::MarkedFailed, Exit::NotValid),
            (Exit::NotValid, Exit::ScriptAborted, Exit::ScriptAborted),
            (Exit::ThresholdsCrossed, Exit::MarkedFailed, Exit::MarkedFailed),
            // Each judged its own part; together they are judged anew.
            (Exit::ThresholdsCrossed, Exit::Success, Exit::Success),
        ] {
            assert_eq!(together([ended(one, None), ended(other, None)]), whole, "{one:?}, {other:?}");
            assert_eq!(together([ended(other, None), ended(one, None)]), whole, "{other:?}, {one:?}");
        }
    }

    #[test]
    fn what_a_threshold_has_stopped_stays_failed() {
        let why = "the test was aborted because a threshold with abortOnFail was crossed";
        let stopped = || ended(Exit::ThresholdsCrossed, Some(why));
        let code = together([stopped(), ended(Exit::Success, None)]);
        assert_eq!(code, Exit::ThresholdsCrossed);
        assert_eq!(together([ended(Exit::Success, None), stopped()]), Exit::ThresholdsCrossed);
    }
}
