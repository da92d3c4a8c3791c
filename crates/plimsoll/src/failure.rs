//! Why a command failed: a message, a hint, an exit code. Printed in one place, `lib.rs`.

use plimsoll_script::LoadError;

use crate::exit::Exit;

/// An error that ends the command before or beside a run's own outcome.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The script could not be loaded.
    #[error("{0}")]
    Load(LoadError),
    /// Everything that is wrong with the options, ready to be read.
    #[error("there were problems with the test's configuration:\n{}", .0.join("\n"))]
    Options(Vec<String>),
    /// An output could not be opened.
    #[error("{0}")]
    Output(String),
    /// A file could not be written.
    #[error("{path} could not be written: {source}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
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
            Failure::Output(_) | Failure::Write { .. } | Failure::System { .. } => Exit::Other,
        }
    }
}
