//! The command line: what was typed, before anything is resolved.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use plimsoll_plan::OptionsLayer;

use crate::flags;

/// A command with its arguments.
pub(crate) enum Invocation {
    Run(Box<RunArguments>),
    Version,
}

/// The arguments of `run`.
pub(crate) struct RunArguments {
    pub(crate) script: PathBuf,
    pub(crate) options: OptionsLayer,
    /// `--env NAME=VALUE`, in order.
    pub(crate) environment: Vec<(String, String)>,
    /// Run only this exported function.
    pub(crate) exec: Option<String>,
    pub(crate) report: Option<PathBuf>,
    /// A threshold that no sample reached passes, as in k6.
    pub(crate) no_data_passes: bool,
    pub(crate) logging: LoggingArguments,
}

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

/// Parses the arguments, the program's name first.
///
/// # Errors
/// Clap's own, which includes requests for help and the version.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
) -> Result<Invocation, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments)?;
    match matches.subcommand() {
        Some(("run", matches)) => Ok(Invocation::Run(Box::new(run_arguments(&mut command, matches)?))),
        Some(("version", _)) => Ok(Invocation::Version),
        _ => unreachable!("clap requires one of the subcommands"),
    }
}

fn command() -> Command {
    Command::new("plimsoll")
        .about("Load testing and capacity planning: runs k6 scripts, and says whether to trust the result")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(false)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(global_arguments())
        .subcommand(run_command())
        .subcommand(Command::new("version").about("Print the version"))
}

fn global_arguments() -> [Arg; 4] {
    [
        Arg::new("quiet")
            .short('q')
            .long("quiet")
            .global(true)
            .action(ArgAction::SetTrue)
            .help("Print no progress"),
        Arg::new("verbose")
            .short('v')
            .long("verbose")
            .global(true)
            .action(ArgAction::SetTrue)
            .help("Log debug messages"),
        Arg::new("no-color").long("no-color").global(true).action(ArgAction::SetTrue).help("Use no colours"),
        Arg::new("log-format")
            .long("log-format")
            .global(true)
            .value_name("FORMAT")
            .env("K6_LOG_FORMAT")
            .hide_env(true)
            .default_value("text")
            .help("Form of log lines: text, json or raw"),
    ]
}

const RUN_HELP: &str = "\
Runs a test script and prints a summary.

Exit codes: 0 passed; 99 a threshold was crossed or had no data; 104 invalid options; 105 interrupted; \
107 the script threw in its init, setup or teardown code; 108 aborted by the script; 110 marked as failed \
by the script; 255 anything else.";

fn run_command() -> Command {
    Command::new("run")
        .about("Run a test")
        .long_about(RUN_HELP)
        .args(own_arguments())
        .args(flags::arguments())
}

fn own_arguments() -> [Arg; 5] {
    let path = || value_parser!(PathBuf);
    [
        Arg::new("script")
            .required(true)
            .value_name("SCRIPT")
            .value_parser(path())
            .help("The script, a JavaScript module"),
        Arg::new("env")
            .short('e')
            .long("env")
            .value_name("NAME=VALUE")
            .action(ArgAction::Append)
            .help("Set a variable of __ENV; repeatable"),
        Arg::new("exec")
            .long("exec")
            .value_name("FUNCTION")
            .help("Run this exported function instead of the scenarios' own"),
        Arg::new("report")
            .long("report")
            .value_name("FILE")
            .value_parser(path())
            .help("Write a report: HTML, or text when the name ends with .txt"),
        Arg::new("no-data")
            .long("no-data")
            .value_name("VERDICT")
            .value_parser(["fail", "pass"])
            .default_value("fail")
            .help("What a threshold without any sample means: fail, or pass as in k6"),
    ]
}

fn run_arguments(command: &mut Command, matches: &ArgMatches) -> Result<RunArguments, clap::Error> {
    let environment = matches.get_many::<String>("env").into_iter().flatten();
    let environment = environment.map(|pair| variable(command, pair)).collect::<Result<_, _>>()?;
    Ok(RunArguments {
        script: matches.get_one::<PathBuf>("script").cloned().unwrap_or_default(),
        options: flags::layer(matches),
        environment,
        exec: matches.get_one::<String>("exec").cloned(),
        report: matches.get_one::<PathBuf>("report").cloned(),
        no_data_passes: matches.get_one::<String>("no-data").is_some_and(|verdict| verdict == "pass"),
        logging: LoggingArguments {
            quiet: matches.get_flag("quiet"),
            verbose: matches.get_flag("verbose"),
            no_color: matches.get_flag("no-color"),
            format: match matches.get_one::<String>("log-format").map(String::as_str) {
                Some("json") => LogFormat::Json,
                Some("raw") => LogFormat::Raw,
                _ => LogFormat::Text,
            },
        },
    })
}

/// `NAME=VALUE`; a name without a value means the empty text, as in k6.
fn variable(command: &mut Command, pair: &str) -> Result<(String, String), clap::Error> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if starts_well && characters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok((name.to_owned(), value.to_owned()));
    }
    let message = format!(
        "--env {pair}: a variable's name is made of letters, digits and underscores, and starts with no digit"
    );
    // The usage to show is this subcommand's.
    let command = command.find_subcommand_mut("run").expect("it was matched");
    Err(command.error(clap::error::ErrorKind::ValueValidation, message))
}
