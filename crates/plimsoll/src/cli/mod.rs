//! The command line: what was typed, before anything is resolved.
//!
//! | module | subject |
//! |---|---|
//! | `globals` | flags of every command |
//! | `help` | how flags are grouped and described |
//! | `test`, `flags` | which script with which options: arguments of every command that loads a test |
//! | `run`, `inspect`, `control` | a file for each command or family of them: arguments and help |

mod control;
mod flags;
mod globals;
mod help;
mod inspect;
mod run;
mod test;

use std::ffi::OsString;

use clap::Command;
use clap::error::ErrorKind;

pub(crate) use self::{
    control::{ControlArguments, Wish},
    globals::{ConfigArgument, LoggingArguments},
    inspect::{InspectArguments, Sources},
    run::RunArguments,
    test::TestArguments,
};

/// A command with its arguments.
pub(crate) enum Invocation {
    Run(Box<RunArguments>),
    Control(ControlArguments),
    Inspect(Box<InspectArguments>),
    Version,
}

/// Parses the arguments, the program's name first.
///
/// # Errors
/// Clap's own, which includes requests for help and the version.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments)?;
    let (name, matches) = matches.subcommand().expect("clap requires a subcommand");
    let command = command.find_subcommand_mut(name).expect("it was matched");
    let logging = LoggingArguments::of(matches).map_err(|why| command.error(ErrorKind::InvalidValue, why))?;
    match name {
        "run" => Ok(Invocation::Run(Box::new(RunArguments::of(command, matches, logging)?))),
        "inspect" => Ok(Invocation::Inspect(Box::new(InspectArguments::of(command, matches, logging)?))),
        "version" => Ok(Invocation::Version),
        name => {
            let control = ControlArguments::of(name, matches, logging);
            Ok(Invocation::Control(control.expect("every subcommand has an arm")))
        }
    }
}

fn command() -> Command {
    Command::new("plimsoll")
        .about("Load testing and capacity planning: runs k6 scripts, and says whether to trust the result")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(false)
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(globals::arguments())
        .subcommand(run::command())
        .subcommands(control::commands())
        .subcommand(inspect::command())
        .subcommand(Command::new("version").about("Print the version"))
}
