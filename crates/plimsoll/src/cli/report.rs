//! `plimsoll report`: its arguments and its help.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use plimsoll_metrics::NoDataPolicy;
use plimsoll_plan::options::keyword::{SummaryMode, TimeUnit};
use plimsoll_plan::options::reporting::TrendStat;
use plimsoll_plan::options::value::OptionValue;
use plimsoll_report::{Format, Settings};

use super::{LoggingArguments, globals, help};

/// The arguments of `report`.
pub(crate) struct ReportArguments {
    /// The records; the newest without any.
    pub(crate) records: Vec<PathBuf>,
    pub(crate) format: Option<Format>,
    /// Where the report goes; stdout without any.
    pub(crate) out: Vec<PathBuf>,
    /// Whether to end as the run did.
    pub(crate) checks: bool,
    /// Whether a workflow on GitHub is told; `None` is for whoever knows whether this is one.
    pub(crate) github: Option<bool>,
    /// Print the schema of the JSON, and nothing else.
    pub(crate) schema: bool,
    mode: Option<SummaryMode>,
    trend_stats: Option<Vec<TrendStat>>,
    time_unit: Option<TimeUnit>,
    no_data: Option<NoDataPolicy>,
    pub(crate) logging: LoggingArguments,
}

const HELP: &str = "\
Shows what a run amounted to, from its record: as on the terminal, as an HTML page, as JSON, as JUnit's XML, \
as Markdown, or as annotations of a workflow on GitHub.

Without a file it is the record of the last run. Several records are those of instances of one test that ran \
together: they are shown as one, laid over each other from the start of each. A run that was cut off is \
shown up to its last whole second.

Exit codes: 0 when the report was made; with --check that of the run, or of its thresholds and goals as they \
are judged now; 255 when a record cannot be read, or the report cannot be written.";

pub(super) fn command() -> Command {
    let names = Format::ALL.map(|(name, _)| name);
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help_heading(help::COMMAND).help(help)
    };
    let switch = |name: &'static str, help: &'static str| {
        let argument = Arg::new(name).long(name).action(ArgAction::SetTrue);
        argument.help_heading(help::COMMAND).help(help)
    };
    let records = Arg::new("records")
        .value_name("RECORD")
        .num_args(0..)
        .value_parser(value_parser!(PathBuf))
        .help("The record of a run, or those of several instances; the newest unless given");
    let out = text("out", "FILE", "Write it to a file, in the form of its name's end; repeatable")
        .short('o')
        .action(ArgAction::Append)
        .value_parser(value_parser!(PathBuf))
        .long_help(
            "Writes it to a file instead of stdout, in the form that the end of its name stands for: .txt, \
             .html, .json, .xml (JUnit) or .md, unless --format says which. May be given several times.\n\n\
             Example: -o report.html -o junit.xml",
        );
    let no_data = text("no-data", "VERDICT", "What a threshold or goal without data means: fail or pass")
        .value_parser(["fail", "pass"]);
    Command::new("report").about("Show the result of a run again, in any form").long_about(HELP).args([
        records,
        text("format", "FORMAT", "The form: text, json, html, junit, markdown or github").value_parser(names),
        out,
        switch("check", "End with the exit code of the run"),
        github(),
        switch("schema", "Print the JSON Schema of the JSON, and nothing else"),
        text("summary-mode", "MODE", "What to show: compact or full"),
        text("summary-trend-stats", "LIST", "Statistics of trends, such as avg,p(99)"),
        text("summary-time-unit", "UNIT", "Unit of times: s, ms or us"),
        no_data,
    ])
}

/// The flag of `run` and `report` for workflows on GitHub.
pub(super) fn github() -> Arg {
    Arg::new("github")
        .long("github")
        .value_name("BOOL")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_parser(value_parser!(bool))
        .help_heading(help::COMMAND)
        .help("Annotate what fails, and add the result to the job's summary; by itself in GitHub's workflows")
        .long_help(
            "Annotates thresholds and goals that fail the run at their lines of the script, on stderr, and \
             appends the result as Markdown to the file that GITHUB_STEP_SUMMARY names. Where GITHUB_ACTIONS \
             is true, that is done unless --github=false says otherwise.",
        )
}

impl ReportArguments {
    pub(super) fn of(
        command: &mut Command,
        matches: &ArgMatches,
        logging: LoggingArguments,
    ) -> Result<Self, clap::Error> {
        let name = matches.get_one::<String>("format");
        let format = Format::ALL.into_iter().find(|(known, _)| name.is_some_and(|name| name == known));
        let out: Vec<PathBuf> = matches.get_many("out").into_iter().flatten().cloned().collect();
        let format = format.map(|(_, format)| format);
        if let (None, Some(path)) =
            (format, out.iter().find(|path| crate::reports::format_of(path).is_none()))
        {
            let message = format!(
                "--out {}: the name does not say in which form: it ends with none of .txt, .html, .json, \
                 .xml and .md (or say --format)",
                path.display()
            );
            return Err(command.error(ErrorKind::InvalidValue, message));
        }
        Ok(ReportArguments {
            records: matches.get_many("records").into_iter().flatten().cloned().collect(),
            format,
            out,
            checks: matches.get_flag("check"),
            github: matches.get_one::<bool>("github").copied(),
            schema: matches.get_flag("schema"),
            mode: option(command, matches, "summary-mode")?,
            trend_stats: option(command, matches, "summary-trend-stats")?,
            time_unit: option(command, matches, "summary-time-unit")?,
            no_data: matches.get_one::<String>("no-data").map(|verdict| globals::no_data(verdict)),
            logging,
        })
    }

    /// The settings of a run, with what was asked for now.
    pub(crate) fn settings(&self, of_run: &Settings) -> Settings {
        Settings {
            trend_stats: self.trend_stats.clone().unwrap_or_else(|| of_run.trend_stats.clone()),
            time_unit: self.time_unit.unwrap_or(of_run.time_unit),
            mode: self.mode.unwrap_or(of_run.mode),
        }
    }

    pub(crate) fn no_data(&self, of_run: NoDataPolicy) -> NoDataPolicy {
        self.no_data.unwrap_or(of_run)
    }
}

/// The value of a flag that is an option of tests too.
fn option<T: OptionValue>(
    command: &mut Command,
    matches: &ArgMatches,
    name: &str,
) -> Result<Option<T>, clap::Error> {
    let Some(text) = matches.get_one::<String>(name) else { return Ok(None) };
    let refused = |expected| command.error(ErrorKind::InvalidValue, format!("--{name} {text}: {expected}"));
    T::from_text(text).map(Some).map_err(refused)
}
