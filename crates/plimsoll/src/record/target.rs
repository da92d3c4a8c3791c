//! Where the record of a run goes.

use std::path::PathBuf;

use super::file::RecordFile;
use super::folder::Folder;
use crate::cli::RunArguments;
use crate::environment;
use crate::failure::Failure;

/// What was said about the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RecordArgument {
    /// There shall be none.
    None,
    /// It goes to this file.
    File(PathBuf),
}

impl RecordArgument {
    /// Reads the value of the flag or of the variable.
    pub(crate) fn of(text: &str) -> Self {
        if text == "none" { Self::None } else { Self::File(text.into()) }
    }
}

/// Opens the file of the record, unless there is to be none.
///
/// # Errors
/// When the file that was asked for cannot be written. That the folder for records cannot, is no error.
pub(crate) fn prepare(arguments: &RunArguments) -> Result<Option<RecordFile>, Failure> {
    let variable = || environment::variable("PLIMSOLL_RECORD").map(|value| RecordArgument::of(&value));
    let told = arguments.record.clone().or_else(variable);
    match told {
        Some(RecordArgument::None) => Ok(None),
        Some(RecordArgument::File(path)) => match RecordFile::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(why) => Err(Failure::Write(vec![format!(
                "the record {} cannot be written: {why} (see --record)",
                path.display()
            )])),
        },
        None => Ok(by_default(arguments)),
    }
}

fn by_default(arguments: &RunArguments) -> Option<RecordFile> {
    let Some(folder) = Folder::of_user() else {
        tracing::debug!(target: "plimsoll", "no record: neither XDG_STATE_HOME nor HOME is set");
        return None;
    };
    let path = folder.new_record(&arguments.test.script);
    let opened = std::fs::create_dir_all(folder.path()).and_then(|()| {
        folder.make_room();
        RecordFile::open(&path)
    });
    opened
        .inspect_err(|why| tracing::debug!(target: "plimsoll", "no record at {}: {why}", path.display()))
        .ok()
}
