//! The command `compare`: read, compare, write, tell.

use std::path::PathBuf;

use plimsoll_report::compare::{Run, Verdict, compare, json, markdown, text};

use crate::cli::{CompareArguments, CompareFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{files, record, summary};

/// Compares the runs of two sides.
///
/// # Errors
/// A record cannot be read, the sides cannot be compared, or the answer cannot be written.
pub(crate) fn run(arguments: &CompareArguments) -> Result<Exit, Failure> {
    let (base, candidate) = (read(&arguments.base)?, read(&arguments.candidate)?);
    let comparison = compare(&base, &candidate, &arguments.settings)
        .map_err(|error| Failure::Compare(format!("{error}\nhint: --anyway compares them all the same")))?;
    let answer = match arguments.format {
        CompareFormat::Text => text::render(&comparison, arguments.all),
        CompareFormat::Json => json::render(&comparison),
        CompareFormat::Markdown => markdown::render(&comparison),
    };
    let written = match &arguments.out {
        Some(path) => files::write(path, answer),
        None => summary::print_bytes(answer.as_bytes()),
    };
    written.map_err(|error| Failure::Write(vec![error]))?;
    Ok(match comparison.verdict {
        Verdict::Worse => Exit::Worse,
        Verdict::CannotTell if arguments.strict => Exit::CannotTell,
        _ => Exit::Success,
    })
}

fn read(paths: &[PathBuf]) -> Result<Vec<Run>, Failure> {
    let read = |path: &PathBuf| {
        let record = record::open(std::slice::from_ref(path))?;
        Ok(Run::of(&path.display().to_string(), &record))
    };
    paths.iter().map(read).collect()
}
