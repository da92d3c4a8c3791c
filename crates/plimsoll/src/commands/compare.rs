//! The command `compare`: read, compare, write, tell.

use std::fs;
use std::path::PathBuf;

use plimsoll_report::compare::capacity::{self, Search, Unlike};
use plimsoll_report::compare::{Run, Verdict, compare, json, markdown, text};

use crate::cli::{CompareArguments, CompareFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{files, record, summary};

/// Compares the runs of two sides, or two searches for the capacity.
///
/// # Errors
/// A file cannot be read, the sides cannot be compared, or the answer cannot be written.
pub(crate) fn run(arguments: &CompareArguments) -> Result<Exit, Failure> {
    let (verdict, answer) = match searches(arguments) {
        Some((base, candidate)) => of_searches(&base, &candidate, arguments).map_err(refused)?,
        None => of_runs(arguments)?,
    };
    let written = match &arguments.out {
        Some(path) => files::write(path, answer),
        None => summary::print_bytes(answer.as_bytes()),
    };
    written.map_err(|error| Failure::Write(vec![error]))?;
    Ok(match verdict {
        Verdict::Worse => Exit::Worse,
        Verdict::CannotTell if arguments.strict => Exit::CannotTell,
        _ => Exit::Success,
    })
}

fn refused(why: impl std::fmt::Display) -> Failure {
    Failure::Compare(why.to_string())
}

fn of_runs(arguments: &CompareArguments) -> Result<(Verdict, String), Failure> {
    let (base, candidate) = (read(&arguments.base)?, read(&arguments.candidate)?);
    let comparison = compare(&base, &candidate, &arguments.settings).map_err(refused)?;
    let answer = match arguments.format {
        CompareFormat::Text => text::render(&comparison, arguments.all),
        CompareFormat::Json => json::render(&comparison),
        CompareFormat::Markdown => markdown::render(&comparison),
    };
    Ok((comparison.verdict, answer))
}

fn read(paths: &[PathBuf]) -> Result<Vec<Run>, Failure> {
    let read = |path: &PathBuf| {
        let record = record::open(std::slice::from_ref(path))?;
        Ok(Run::of(&path.display().to_string(), &record))
    };
    paths.iter().map(read).collect()
}

/// The two files, when both are of searches for the capacity. What cannot be read is for the other reader to
/// tell.
fn searches(arguments: &CompareArguments) -> Option<(Vec<u8>, Vec<u8>)> {
    let ([base], [candidate]) = (arguments.base.as_slice(), arguments.candidate.as_slice()) else {
        return None;
    };
    let read = |path| fs::read(path).ok().filter(|bytes| Search::is_one(bytes));
    Some((read(base)?, read(candidate)?))
}

fn of_searches(
    base: &[u8],
    candidate: &[u8],
    arguments: &CompareArguments,
) -> Result<(Verdict, String), Unlike> {
    let compared = capacity::compare(&Search::read(base)?, &Search::read(candidate)?, &arguments.settings)?;
    let answer = match arguments.format {
        CompareFormat::Text => compared.text(),
        CompareFormat::Json => compared.json(),
        CompareFormat::Markdown => compared.markdown(),
    };
    Ok((compared.verdict, answer))
}
