//! The command `version`.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::summary;

/// Prints the version.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn version() -> Result<Exit, Failure> {
    let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let line = format!("plimsoll v{} ({os}/{architecture})\n", env!("CARGO_PKG_VERSION"));
    summary::print(&line).map(|()| Exit::Success).map_err(|error| Failure::Write(vec![error]))
}
