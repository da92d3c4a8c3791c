//! `plimsoll new`: its arguments and its help.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::LoggingArguments;

/// The arguments of `new`.
pub(crate) struct NewArguments {
    pub(crate) file: PathBuf,
    pub(crate) force: bool,
    /// The name of a template, or the path of a file.
    pub(crate) template: String,
    /// The name that the program was started under.
    pub(crate) program: String,
    pub(crate) logging: LoggingArguments,
}

fn help(program: &str) -> String {
    format!(
        "\
Writes a first script. It runs as it is; BASE_URL says against what:

  {program} run --env BASE_URL=https://staging.example.com script.js

Templates are minimal (one request, some users), protocol (setup, a journey of several requests, \
thresholds), and any file of your own: --template ./team/template.js. In the latter {{{{ .ScriptName }}}} \
becomes the name of the new file, as in k6."
    )
}

pub(super) fn command(program: &str) -> Command {
    let file = Arg::new("file")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .default_value("script.js")
        .help("The file to write");
    let force = Arg::new("force")
        .short('f')
        .long("force")
        .action(ArgAction::SetTrue)
        .help("Overwrite the file if there is one");
    let template = Arg::new("template")
        .long("template")
        .value_name("TEMPLATE")
        .default_value("minimal")
        .help("minimal, protocol, or the path of a file");
    Command::new("new").about("Write a first script").long_about(help(program)).args([file, force, template])
}

impl NewArguments {
    pub(super) fn of(program: &str, matches: &ArgMatches, logging: LoggingArguments) -> Self {
        NewArguments {
            file: matches.get_one::<PathBuf>("file").cloned().unwrap_or_default(),
            force: matches.get_flag("force"),
            template: matches.get_one::<String>("template").cloned().unwrap_or_default(),
            program: program.to_owned(),
            logging,
        }
    }
}
