//! Reads records for commands that show them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use plimsoll_report::record::{MergeError, Record};

use super::folder::Folder;
use crate::failure::Failure;

/// More is no record of a run: a day of a hundred series is a tenth of it.
const MOST: u64 = 2 << 30;

/// Reads these files as one record: those of several instances are merged. Without any it is the newest in
/// the folder for records.
///
/// # Errors
/// When there is none, or a file cannot be read, or the files are not of one test.
pub(crate) fn open(paths: &[PathBuf]) -> Result<Record, Failure> {
    let paths = if paths.is_empty() { vec![newest()?] } else { paths.to_vec() };
    let records = paths.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    Record::merge(records).map_err(|error| match error {
        MergeError::Nothing => failure(&paths[0], &error.to_string()),
        MergeError::Different { record, .. } => failure(&paths[record], &error.to_string()),
        MergeError::Again { record, other } => {
            let why = "and would count twice: name each record once";
            let other = paths[other].display();
            failure(&paths[record], &format!("it holds the same run as {other}, {why}"))
        }
        MergeError::Successive { record, other } => {
            let why = "are two runs that followed each other on one machine, not instances of one";
            let hint = "plimsoll compare holds runs against each other";
            let other = paths[other].display();
            failure(&paths[record], &format!("it and {other} {why}\nhint: {hint}"))
        }
    })
}

fn newest() -> Result<PathBuf, Failure> {
    let hint = "name one: plimsoll report FILE";
    let Some(folder) = Folder::of_user() else {
        return Err(Failure::Record(format!("there is no folder for records; {hint}")));
    };
    let none = || Failure::Record(format!("there is no record in {}; {hint}", folder.path().display()));
    let newest = folder.newest().ok_or_else(none)?;
    tracing::info!(target: "plimsoll", "the record is {}", newest.display());
    Ok(newest)
}

/// Reads one file.
fn read(path: &Path) -> Result<Record, Failure> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error: std::io::Error| failure(path, &error.to_string()))?;
    if bytes.len() as u64 > MOST {
        return Err(failure(path, "it is larger than 2 GiB"));
    }
    Record::read(bytes).map_err(|error| failure(path, &error.to_string()))
}

fn failure(path: &Path, why: &str) -> Failure {
    Failure::Record(format!("the record {} cannot be read: {why}", path.display()))
}
