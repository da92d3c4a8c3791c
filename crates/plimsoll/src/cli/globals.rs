//! Flags of every command: how the program talks.

use clap::{Arg, ArgAction, ArgMatches, parser::ValueSource};

use crate::control::{Address, Given};

/// How the program talks.
pub(crate) struct LoggingArguments {
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    pub(crate) no_color: bool,
    pub(crate) format: LogFormat,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
    Raw,
}

pub(super) fn arguments() -> [Arg; 5] {
    let switch = |name: &'static str| Arg::new(name).long(name).global(true).action(ArgAction::SetTrue);
    [
        switch("quiet").short('q').help("Print no progress"),
        switch("verbose").short('v').help("Log debug messages"),
        switch("no-color").help("Use no colours"),
        Arg::new("log-format")
            .long("log-format")
            .global(true)
            .value_name("FORMAT")
            .env("K6_LOG_FORMAT")
            .hide_env(true)
            .default_value("text")
            .help("Form of log lines: text, json or raw"),
        Arg::new("address")
            .short('a')
            .long("address")
            .global(true)
            .value_name("HOST:PORT")
            .env("K6_ADDRESS")
            .hide_env(true)
            .help("Address of the control API; a run has none unless this is given"),
    ]
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
    pub(super) fn of(matches: &ArgMatches) -> Self {
        LoggingArguments {
            quiet: matches.get_flag("quiet"),
            verbose: matches.get_flag("verbose"),
            no_color: matches.get_flag("no-color"),
            format: match matches.get_one::<String>("log-format").map(String::as_str) {
                Some("json") => LogFormat::Json,
                Some("raw") => LogFormat::Raw,
                _ => LogFormat::Text,
            },
        }
    }
}
