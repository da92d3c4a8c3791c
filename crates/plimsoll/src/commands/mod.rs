//! From arguments to an exit code: one file for each command, and the one place where failures are printed.

mod archive;
mod calibrate;
mod capacity;
mod check;
mod compare;
mod completions;
mod control;
mod gate;
mod inspect;
mod new;
mod report;
mod run;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::ceiling::null_target;
use crate::cli::{self, Invocation};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::log::Log;
use crate::screen::Screen;

/// Runs the command line, the program's name first.
pub fn main_with(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let invocation = match cli::parse(arguments) {
        Ok(invocation) => invocation,
        Err(error) => {
            // Help and the version go to stdout and are no failure.
            let asked_for = !error.use_stderr();
            let _ = error.print();
            return if asked_for { Exit::Success.into() } else { Exit::Other.into() };
        }
    };
    let exit = carry_out(&invocation).unwrap_or_else(|failure| {
        tracing::error!(target: "plimsoll", "{failure}");
        failure.exit()
    });
    exit.into()
}

fn carry_out(invocation: &Invocation) -> Result<Exit, Failure> {
    match invocation {
        Invocation::Run(arguments) => {
            let screen = Screen::new();
            let log = Log::start(&arguments.logging, &screen)?;
            run::run(arguments, &screen, &log)
        }
        Invocation::Capacity(arguments) => {
            let screen = Screen::new();
            let log = Log::start(&arguments.logging, &screen)?;
            capacity::capacity(arguments, &screen, &log)
        }
        Invocation::Gate(arguments) => {
            Log::start(&arguments.logging, &Screen::new())?;
            gate::gate(arguments)
        }
        Invocation::Inspect(arguments) => {
            let log = Log::start(&arguments.logging, &Screen::new())?;
            inspect::inspect(arguments, &log)
        }
        Invocation::Check(arguments) => {
            let log = Log::start(&arguments.logging, &Screen::new())?;
            check::check(arguments, &log)
        }
        Invocation::Compare(arguments) => {
            Log::start(&arguments.logging, &Screen::new())?;
            compare::run(arguments)
        }
        Invocation::Control(arguments) => {
            Log::start(&arguments.logging, &Screen::new())?;
            control::control(arguments)
        }
        Invocation::Archive(arguments) => {
            let log = Log::start(&arguments.logging, &Screen::new())?;
            archive::archive(arguments, &log)
        }
        Invocation::Report(arguments) => {
            Log::start(&arguments.logging, &Screen::new())?;
            report::report(arguments)
        }
        Invocation::Calibrate(arguments) => {
            let log = Log::start(&arguments.logging, &Screen::new())?;
            calibrate::calibrate(arguments, &log)
        }
        Invocation::NullTarget(body) => null_target::serve(body).map(|()| Exit::Success),
        Invocation::New(arguments) => {
            Log::start(&arguments.logging, &Screen::new())?;
            new::new(arguments)
        }
        Invocation::Completions(shell, command) => completions::completions(*shell, command),
        Invocation::Version { as_json } => version::version(*as_json),
    }
}
