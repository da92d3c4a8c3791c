//! `plimsoll run`: its own arguments and its help.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use plimsoll_metrics::NoDataPolicy;

use super::{LoggingArguments, TestArguments, globals, help, test};
use crate::control::Address;

/// The arguments of `run`.
pub(crate) struct RunArguments {
    pub(crate) test: TestArguments,
    pub(crate) report: Option<PathBuf>,
    /// Where the dashboard listens, empty for where k6's does; `None` without the flag.
    pub(crate) dashboard: Option<String>,
    /// A threshold or a goal that no sample reached passes, as in k6.
    pub(crate) no_data_passes: bool,
    /// Where the control API listens, if anywhere.
    pub(crate) address: Option<Address>,
    pub(crate) logging: LoggingArguments,
}

const HELP: &str = "\
Runs a test and prints a summary.

Options come from the config file, the script, the environment and the flags, each over those before it; \
plimsoll inspect --sources shows what comes of them.";

const EXIT_CODES: &str = "\
Exit codes:
    0  the test ended and every threshold passed
   95  a goal was violated at its critical level, or had no data
   96  the measurement cannot be trusted, and --require-valid was given
   99  a threshold was crossed, or had no data
  100  setup() took too long
  101  teardown() took too long
  103  stopped through the control API
  104  options that are not valid
  105  interrupted by SIGINT or SIGTERM
  106  the control API cannot listen at its address
  107  the script threw in its init code, setup() or teardown(), or does not parse
  108  aborted by the script
  109  a bug in plimsoll
  110  marked as failed by the script
  255  anything else: wrong flags, files that cannot be read or written";

pub(super) fn command() -> Command {
    let report = Arg::new("report")
        .help_heading(help::COMMAND)
        .long("report")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Write a report: HTML, or text when the name ends with .txt")
        .long_help(
            "Writes a report when the test has ended: one HTML page that needs nothing else, or the text \
             of the summary when the file's name ends with .txt.\n\n\
             Example: --report results/checkout.html",
        );
    let dashboard = Arg::new("dashboard")
        .help_heading(help::COMMAND)
        .long("dashboard")
        .value_name("HOST:PORT")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("")
        .help("Show the report while the test runs, at http://localhost:5665 or another address")
        .long_help(
            "Serves the report as a web page that is brought up to date while the test runs: at \
             http://localhost:5665, or where HOST:PORT says. Without a host it is this machine alone. \
             K6_WEB_DASHBOARD and its like do the same.\n\n\
             Example: --dashboard=localhost:8080",
        );
    let no_data = Arg::new("no-data")
        .help_heading(help::COMMAND)
        .long("no-data")
        .value_name("VERDICT")
        .value_parser(["fail", "pass"])
        .default_value("fail")
        .help("What a threshold or goal without any sample means: fail, or pass as in k6")
        .long_help(
            "What it means that no sample reached a threshold or a goal: fail, since a mistyped tag must not \
             pass, or pass, as k6 mostly has it.\n\n\
             Example: --no-data=pass",
        );
    Command::new("run")
        .about("Run a test")
        .long_about(HELP)
        .after_long_help(EXIT_CODES)
        .args([report, dashboard, no_data])
        .args(test::arguments())
}

impl RunArguments {
    /// What it means that no sample reached a threshold or a goal.
    pub(crate) fn no_data(&self) -> NoDataPolicy {
        if self.no_data_passes { NoDataPolicy::LikeK6 } else { NoDataPolicy::Fail }
    }

    pub(super) fn of(
        command: &mut Command,
        matches: &ArgMatches,
        logging: LoggingArguments,
    ) -> Result<Self, clap::Error> {
        Ok(RunArguments {
            test: TestArguments::of(command, matches)?,
            report: matches.get_one::<PathBuf>("report").cloned(),
            dashboard: matches.get_one::<String>("dashboard").cloned(),
            no_data_passes: matches.get_one::<String>("no-data").is_some_and(|verdict| verdict == "pass"),
            address: globals::address(matches),
            logging,
        })
    }
}
