//! Why a command failed: a message, a hint, an exit code. Printed in one place, `commands/mod.rs`.

use plimsoll_script::{ArchiveError, LoadError};

use crate::control::client::ClientError;
use crate::exit::Exit;
use crate::verdict;

/// An error that ends the command before or beside a run's own outcome.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The script could not be loaded.
    #[error("{}", told(.0))]
    Load(LoadError),
    /// The test could not be packed.
    #[error("{0}")]
    Archive(ArchiveError),
    /// Everything that is wrong with the options, ready to be read.
    #[error("there were problems with the test's configuration:\n{}", .0.join("\n"))]
    Options(Vec<String>),
    /// An output is unknown or could not be opened; a line for each.
    #[error("{0}")]
    Output(String),
    /// Files could not be written; a line for each.
    #[error("{}", .0.join("\n"))]
    Write(Vec<String>),
    /// The control API cannot listen where a flag says.
    #[error("the control API cannot listen at {address}: {why}")]
    Address {
        /// The address as written.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The dashboard cannot listen where it was told to.
    #[error("the dashboard cannot listen at {address}: {why}")]
    Dashboard {
        /// The address as written.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// Runs could not be read or compared.
    #[error("{0}")]
    Compare(String),
    /// A record could not be read.
    #[error("{0}")]
    Record(String),
    /// The ceiling of a script could not be found.
    #[error("{0}")]
    Calibration(String),
    /// A run that should have gone on to its end did not.
    #[error("{why}")]
    Ended {
        /// Why, in words.
        why: String,
        /// Why.
        end: plimsoll_engine::RunEnd,
    },
    /// A running test could not be asked, or refused.
    #[error("{0}")]
    Control(ClientError),
    /// The record of a search cannot be used.
    #[error("{path} cannot be used: {why}")]
    SearchRecord {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The machine refused something that every run needs.
    #[error("{what}: {source}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// Why it was refused.
        source: std::io::Error,
    },
}

fn told(error: &LoadError) -> String {
    match error {
        LoadError::Threw(exception) => verdict::with_stack(exception),
        error => error.to_string(),
    }
}

impl Failure {
    /// k6's code for it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Load(
                LoadError::Unreadable(_) | LoadError::NothingToRun(_) | LoadError::Resources(_),
            ) => Exit::Other,
            Failure::Load(LoadError::Invalid(_) | LoadError::Threw(_)) => Exit::ScriptException,
            Failure::Load(LoadError::Aborted(_)) => Exit::ScriptAborted,
            Failure::Options(_) => Exit::InvalidConfig,
            Failure::Address { .. } => Exit::NoControl,
            Failure::Ended { end, .. } => verdict::end_code(end),
            Failure::Archive(_)
            | Failure::Calibration(_)
            | Failure::Compare(_)
            | Failure::Control(_)
            | Failure::Dashboard { .. }
            | Failure::Output(_)
            | Failure::Record(_)
            | Failure::SearchRecord { .. }
            | Failure::Write(_)
            | Failure::System { .. } => Exit::Other,
        }
    }
}
