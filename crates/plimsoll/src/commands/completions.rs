//! The command `completions`.

use clap::Command;
use clap_complete::Shell;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::summary;

/// Prints the completions of a command line for a shell, under the name that it has.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn completions(shell: Shell, command: &Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command.clone(), command.get_name(), &mut script);
    summary::print_bytes(&script).map(|()| Exit::Success).map_err(|error| Failure::Write(vec![error]))
}
