//! The command `archive`: load, plan, pack.

use std::path::Path;

use crate::cli::ArchiveArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::loaded::{LoadedTest, SystemEnvironment};
use crate::log::Log;
use crate::{files, summary};

/// Packs a test into a file.
///
/// # Errors
/// What kept it from being loaded or written.
pub(crate) fn archive(arguments: &ArchiveArguments, log: &Log) -> Result<Exit, Failure> {
    let test = LoadedTest::load(&arguments.test, SystemEnvironment::Hidden, log)?;
    let mut archive = test.bundle.archive().map_err(Failure::Archive)?;
    archive.metadata.options = test.plan.consolidated_json().into();
    // Secrets never become part of an archive.
    log.redactor().redact_json(&mut archive.metadata.options);
    if !arguments.exclude_env_vars {
        archive.metadata.env.clone_from(test.bundle.environment());
    }
    let mut bytes = Vec::new();
    archive
        .write(&mut bytes)
        .map_err(|source| Failure::System { what: "the test could not be packed", source })?;
    let written = match arguments.out.to_str() {
        Some("-") => summary::print_bytes(&bytes),
        _ => files::write(&arguments.out, &bytes),
    };
    written.map_err(|error| Failure::Write(vec![error]))?;
    if arguments.out != Path::new("-") {
        tracing::info!(target: "plimsoll", "{} was written; run it as a script", arguments.out.display());
    }
    Ok(Exit::Success)
}
