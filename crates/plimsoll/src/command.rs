//! From arguments to an exit code; the one place where failures are printed.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cli::{self, Invocation};
use crate::exit::Exit;
use crate::screen::Screen;
use crate::{log, run, summary};

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
    match invocation {
        Invocation::Version => {
            let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
            let version = format!("plimsoll v{} ({os}/{architecture})\n", env!("CARGO_PKG_VERSION"));
            if summary::print(&version).is_ok() { Exit::Success.into() } else { Exit::Other.into() }
        }
        Invocation::Run(arguments) => {
            let screen = Screen::new();
            log::start(&arguments.logging, &screen);
            match run::run(&arguments, &screen) {
                Ok(exit) => exit.into(),
                Err(failure) => {
                    tracing::error!(target: "plimsoll", "{failure}");
                    failure.exit().into()
                }
            }
        }
    }
}
