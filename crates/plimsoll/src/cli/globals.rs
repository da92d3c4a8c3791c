//! Flags of every command: how the program talks, and where its settings are.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};
use plimsoll_metrics::NoDataPolicy;
use plimsoll_plan::Source;

use super::help;
use crate::control::{Address, Given};
use crate::log::{LogFormat, LogOutput};

/// How the program talks.
pub(crate) struct LoggingArguments {
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    pub(crate) no_color: bool,
    pub(crate) format: LogFormat,
    pub(crate) output: LogOutput,
}

/// A config file that was asked for by name.
#[derive(Clone)]
pub(crate) struct ConfigArgument {
    pub(crate) path: PathBuf,
    /// The flag or the variable that names it.
    pub(crate) source: Source,
}

/// A flag of every command.
struct Global {
    name: &'static str,
    short: Option<char>,
    /// Placeholder of the value; `None` is a switch.
    value: Option<&'static str>,
    env: &'static str,
    help: &'static str,
    long: &'static str,
}

const GLOBALS: [Global; 8] = [
    Global {
        name: "config",
        short: Some('c'),
        value: Some("FILE"),
        env: "K6_CONFIG",
        help: "Read options from this JSON file",
        long: "A JSON file with options, over which everything else wins: the script, variables and flags. \
               Its keys are those of a script's options, and also out, linger, noUsageReport, \
               noArchiveUpload, webDashboard, collectors and features. Without this flag \
               plimsoll/config.json is read in the folder for settings ($XDG_CONFIG_HOME or ~/.config), \
               else k6/config.json there, if there is one.\n\n\
               Example: --config staging.json",
    },
    Global {
        name: "address",
        short: Some('a'),
        value: Some("HOST:PORT"),
        env: "K6_ADDRESS",
        help: "Address of the control API; a run has none unless this is given",
        long: "The address of the control API: for run, where to serve it (a run has none unless this is \
               given); for pause, resume, scale, stats and status, where the run serves it.\n\n\
               Example: --address localhost:6565",
    },
    Global {
        name: "log-output",
        short: None,
        value: Some("WHERE"),
        env: "K6_LOG_OUTPUT",
        help: "Where log lines go: stderr, stdout, none, or file=PATH",
        long: "Where log lines go: stderr (the default), stdout, none, or file=PATH, to which lines are \
               appended. With level=LEVEL behind a comma a file gets lines of that level and above only.\n\n\
               Example: --log-output file=run.log,level=warning",
    },
    Global {
        name: "log-format",
        short: None,
        value: Some("FORMAT"),
        env: "K6_LOG_FORMAT",
        help: "Form of log lines: text, json or raw",
        long: "The form of log lines: text (the default), json (an object a line), or raw (messages \
               only).\n\n\
               Example: --log-format json",
    },
    Global {
        name: "quiet",
        short: Some('q'),
        value: None,
        env: "",
        help: "Print no banner and no progress",
        long: "Prints neither the description of the test nor its progress. Log lines and the summary stay.",
    },
    Global {
        name: "verbose",
        short: Some('v'),
        value: None,
        env: "",
        help: "Log debug messages",
        long: "Logs messages of the level debug too, those of console.debug() among them.",
    },
    Global {
        name: "no-color",
        short: None,
        value: None,
        env: "K6_NO_COLOR",
        help: "Use no colours",
        long: "Uses no colours. There are none anyway where the output is no terminal, or the variable \
               NO_COLOR is set.",
    },
    Global {
        name: "profiling-enabled",
        short: None,
        value: None,
        env: "K6_PROFILING_ENABLED",
        help: "Accepted; there is no profile to be served",
        long: "Accepted, so that command lines written for k6 work. k6 serves profiles of its own process \
               then; for plimsoll a profiler of the system such as perf does the same.",
    },
];

pub(super) fn arguments() -> impl Iterator<Item = Arg> {
    GLOBALS.iter().map(|global| {
        let long = match global.env {
            "" => global.long.to_owned(),
            name => format!("{}\n\nVariable: {name}", global.long),
        };
        let argument = Arg::new(global.name).long(global.name).global(true).help(global.help).long_help(long);
        let argument = argument.help_heading(help::EVERYWHERE);
        let argument = match global.short {
            Some(letter) => argument.short(letter),
            None => argument,
        };
        match global.value {
            // The variable is read elsewhere: any text switches colours off.
            None => argument.action(ArgAction::SetTrue),
            Some(value) => argument.value_name(value).env(global.env).hide_env(true),
        }
    })
}

/// What it means that no sample reached a threshold or a goal: `fail` or `pass`.
pub(super) fn no_data(verdict: &str) -> NoDataPolicy {
    if verdict == "pass" { NoDataPolicy::LikeK6 } else { NoDataPolicy::Fail }
}

/// Where the control API is, if anybody said so.
pub(super) fn address(matches: &ArgMatches) -> Option<Address> {
    let text = matches.get_one::<String>("address").filter(|text| !text.is_empty())?;
    let given = match matches.value_source("address") {
        Some(ValueSource::CommandLine) => Given::Flag,
        _ => Given::Environment,
    };
    Some(Address { text: text.clone(), given })
}

impl LoggingArguments {
    /// Reads them.
    ///
    /// # Errors
    /// What is wrong with the place that log lines should go to.
    pub(super) fn of(matches: &ArgMatches) -> Result<Self, String> {
        let text = |name| matches.get_one::<String>(name).map_or("", String::as_str);
        let format = match text("log-format") {
            "json" => LogFormat::Json,
            "raw" => LogFormat::Raw,
            _ => LogFormat::Text,
        };
        Ok(LoggingArguments {
            quiet: matches.get_flag("quiet"),
            verbose: matches.get_flag("verbose"),
            no_color: matches.get_flag("no-color"),
            format,
            output: LogOutput::parse(text("log-output"))
                .map_err(|why| format!("--log-output {}: {why}", text("log-output")))?,
        })
    }
}

impl ConfigArgument {
    pub(super) fn of(matches: &ArgMatches) -> Option<Self> {
        let path = matches.get_one::<String>("config").filter(|path| !path.is_empty())?;
        let source = match matches.value_source("config") {
            Some(ValueSource::EnvVariable) => Source::Env("K6_CONFIG".to_owned()),
            _ => Source::Flag("--config".to_owned()),
        };
        Some(ConfigArgument { path: path.into(), source })
    }
}
