//! The command line: what was typed, before anything is resolved.
//!
//! | module | subject |
//! |---|---|
//! | `globals` | flags of every command |
//! | `help` | how flags are grouped and described |
//! | `test`, `flags` | which script with which options: arguments of every command that loads a test |
//! | `run`, `report`, `compare`, `capacity`, `inspect`, `check`, … | a file for each command |

mod archive;
mod calibrate;
mod capacity;
mod check;
mod compare;
mod completions;
mod control;
mod flags;
mod gate;
mod globals;
mod help;
mod inspect;
mod new;
mod report;
mod run;
mod test;

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};
use clap_complete::Shell;

use crate::ceiling::null_target;

pub(crate) use self::{
    archive::ArchiveArguments,
    calibrate::CalibrateArguments,
    capacity::CapacityArguments,
    check::{CheckArguments, CheckFormat},
    compare::{CompareArguments, CompareFormat},
    control::{ControlArguments, Wish},
    gate::GateArguments,
    globals::{ConfigArgument, LoggingArguments},
    inspect::{InspectArguments, Sources},
    new::NewArguments,
    report::ReportArguments,
    run::RunArguments,
    test::{Lock, TestArguments},
};

/// A command with its arguments.
pub(crate) enum Invocation {
    Run(Box<RunArguments>),
    Control(ControlArguments),
    Capacity(Box<CapacityArguments>),
    Gate(GateArguments),
    Inspect(Box<InspectArguments>),
    Check(CheckArguments),
    Compare(CompareArguments),
    Archive(Box<ArchiveArguments>),
    Calibrate(Box<CalibrateArguments>),
    /// The target of a calibration, with this body.
    NullTarget(String),
    New(NewArguments),
    Report(ReportArguments),
    /// For this shell, of the whole command line.
    Completions(Shell, Box<Command>),
    Version {
        as_json: bool,
    },
}

/// Parses the arguments, the program's name first.
///
/// # Errors
/// Clap's own, which includes requests for help and the version.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let program = program(&arguments);
    let mut whole = command(program);
    let matches = whole.try_get_matches_from_mut(arguments)?;
    let (name, matches) = matches.subcommand().expect("clap requires a subcommand");
    let command = whole.find_subcommand_mut(name).expect("it was matched");
    let logging = LoggingArguments::of(matches).map_err(|why| command.error(ErrorKind::InvalidValue, why))?;
    match name {
        "run" => Ok(Invocation::Run(Box::new(RunArguments::of(command, matches, logging)?))),
        "capacity" => Ok(Invocation::Capacity(Box::new(CapacityArguments::of(command, matches, logging)?))),
        "gate" => Ok(Invocation::Gate(GateArguments::of(matches, logging))),
        "inspect" => Ok(Invocation::Inspect(Box::new(InspectArguments::of(command, matches, logging)?))),
        "check" => Ok(Invocation::Check(CheckArguments::of(command, matches, logging)?)),
        "compare" => Ok(Invocation::Compare(CompareArguments::of(command, matches, logging)?)),
        "archive" => Ok(Invocation::Archive(Box::new(ArchiveArguments::of(command, matches, logging)?))),
        "calibrate" => {
            Ok(Invocation::Calibrate(Box::new(CalibrateArguments::of(command, matches, logging)?)))
        }
        null_target::COMMAND => Ok(Invocation::NullTarget(calibrate::text_of_body(matches))),
        "new" => Ok(Invocation::New(NewArguments::of(program, matches, logging))),
        "report" => Ok(Invocation::Report(ReportArguments::of(command, matches, logging)?)),
        "completions" => {
            let shell = *matches.get_one::<Shell>("shell").expect("clap requires it");
            Ok(Invocation::Completions(shell, Box::new(whole)))
        }
        "version" => Ok(Invocation::Version { as_json: matches.get_flag("json") }),
        name => {
            let control = ControlArguments::of(name, matches, logging);
            Ok(Invocation::Control(control.expect("every subcommand has an arm")))
        }
    }
}

/// What the program calls itself: `k6` when it was started under that name, so that pipelines find what they
/// are used to.
fn program(arguments: &[OsString]) -> &'static str {
    let started_as = arguments.first().and_then(|path| Path::new(path).file_stem());
    if started_as.is_some_and(|name| name == "k6") { "k6" } else { "plimsoll" }
}

fn command(program: &'static str) -> Command {
    let as_json = Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print it as JSON");
    Command::new(program)
        .about("Load testing and capacity planning: runs k6 scripts, and says whether to trust the result")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(false)
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(globals::arguments())
        .subcommand(run::command())
        .subcommand(report::command())
        .subcommand(capacity::command())
        .subcommand(gate::command())
        .subcommands(control::commands())
        .subcommand(inspect::command())
        .subcommand(check::command())
        .subcommand(compare::command())
        .subcommand(archive::command())
        .subcommand(calibrate::command())
        .subcommand(calibrate::null_target())
        .subcommand(new::command(program))
        .subcommand(completions::command(program))
        .subcommand(Command::new("version").about("Print the version").arg(as_json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command("plimsoll").debug_assert();
    }

    #[test]
    fn the_name_is_that_of_the_file() {
        for (path, name) in [
            ("k6", "k6"),
            ("/usr/bin/k6", "k6"),
            ("./plimsoll", "plimsoll"),
            ("k6s", "plimsoll"),
            ("", "plimsoll"),
        ] {
            assert_eq!(program(&[path.into()]), name, "{path}");
        }
        assert_eq!(program(&[]), "plimsoll");
    }
}
