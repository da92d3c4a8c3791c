//! `plimsoll inspect`: its own arguments and its help.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{LoggingArguments, TestArguments, help, test};

/// The arguments of `inspect`.
pub(crate) struct InspectArguments {
    pub(crate) test: TestArguments,
    /// Whether to add what the test asks of a machine.
    pub(crate) requirements: bool,
    pub(crate) sources: Option<Sources>,
    pub(crate) logging: LoggingArguments,
}

/// How to show where each value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sources {
    Table,
    Json,
}

const HELP: &str = "\
Prints the options of a test as JSON, as all layers together say them: config file, script, variables, \
flags. What nobody set is null.

Nothing is run but the script's init code. It does not see the environment in __ENV unless \
--include-system-env-vars asks for it. Exit codes are those of run: 104 when the options are invalid, 107 \
when the script throws or does not parse.";

pub(super) fn command() -> Command {
    let requirements = Arg::new("execution-requirements")
        .long("execution-requirements")
        .action(ArgAction::SetTrue)
        .help_heading(help::COMMAND)
        .help("Add the scenarios, the longest duration and the most VUs")
        .long_help(
            "Adds what the test asks of a machine: scenarios, with those that short forms stand for; \
             totalDuration, the longest time the run can take; maxVUs, the most VUs there can be at once.",
        );
    let sources = Arg::new("sources")
        .long("sources")
        .value_name("FORM")
        .value_parser(["table", "json"])
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("table")
        .help_heading(help::COMMAND)
        .help("Show where each value came from: table or json")
        .long_help(
            "Shows where each value came from: the config file, the script, a variable, a flag, or nowhere \
             (default). As a table of all options, which replaces the JSON, or with =json as one more key of \
             the JSON, for the options that somebody set.\n\nExample: --sources=json",
        );
    let command = Command::new("inspect").about("Show the options of a test, and where they came from");
    command.long_about(HELP).args([requirements, sources]).args(test::arguments())
}

impl InspectArguments {
    pub(super) fn of(
        command: &mut Command,
        matches: &ArgMatches,
        logging: LoggingArguments,
    ) -> Result<Self, clap::Error> {
        Ok(InspectArguments {
            test: TestArguments::of(command, matches)?,
            requirements: matches.get_flag("execution-requirements"),
            sources: matches.get_one::<String>("sources").map(|form| match form.as_str() {
                "json" => Sources::Json,
                _ => Sources::Table,
            }),
            logging,
        })
    }
}
