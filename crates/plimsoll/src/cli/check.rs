//! `plimsoll check`: its own arguments and its help.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{LoggingArguments, TestArguments, help, test};

/// The arguments of `check`.
pub(crate) struct CheckArguments {
    /// One for each script.
    pub(crate) tests: Vec<TestArguments>,
    pub(crate) format: CheckFormat,
    /// Whether warnings fail it too.
    pub(crate) strict: bool,
    pub(crate) logging: LoggingArguments,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    /// Commands for annotations in GitHub's workflows.
    GitHub,
}

const HELP: &str = "\
Checks scripts without running them, and prints all findings at once: what the scripts use of k6's API that \
is missing or differs, options that are wrong or unknown, thresholds that no sample can reach, functions \
that nothing runs, and common mistakes.

Errors are certain, warnings are likely, notes are good to know. Nothing is run but the scripts' init code, \
and no request is sent. Exit codes: 0 when there are no errors (with --strict: nor warnings), 1 when there \
are, 255 when the flags are bad.";

pub(super) fn command() -> Command {
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(["text", "json", "github"])
        .default_value("text")
        .help_heading(help::COMMAND)
        .help("How findings are written: text, json, or github for annotations in workflows");
    let strict = Arg::new("strict")
        .long("strict")
        .action(ArgAction::SetTrue)
        .help_heading(help::COMMAND)
        .help("Let warnings fail the check too");
    let command = Command::new("check").about("Find what is wrong with scripts without running them");
    command.long_about(HELP).args([format, strict]).args(test::arguments()).mut_arg("script", |script| {
        script
            .num_args(1..)
            .help("The scripts, JavaScript or TypeScript; archives of tests; - is standard input")
    })
}

impl CheckArguments {
    pub(super) fn of(
        command: &mut Command,
        matches: &ArgMatches,
        logging: LoggingArguments,
    ) -> Result<Self, clap::Error> {
        let test = TestArguments::of(command, matches)?;
        let scripts = matches.get_many::<PathBuf>("script").into_iter().flatten();
        let format = match matches.get_one::<String>("format").map(String::as_str) {
            Some("json") => CheckFormat::Json,
            Some("github") => CheckFormat::GitHub,
            _ => CheckFormat::Text,
        };
        Ok(CheckArguments {
            tests: scripts.map(|script| TestArguments { script: script.clone(), ..test.clone() }).collect(),
            format,
            strict: matches.get_flag("strict"),
            logging,
        })
    }
}
