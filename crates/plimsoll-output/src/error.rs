//! What can go wrong with an output.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use crate::push::error::PushError;

/// Why an output could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file cannot be opened.
    #[error("cannot open '{}' for writing", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Writing failed.
    #[error("cannot write to {target}")]
    Write {
        /// The file or stream.
        target: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file was written, but could not take its place.
    #[error("cannot move '{}' to '{}'; what was written stays in the former", from.display(), to.display())]
    Rename {
        /// The file written.
        from: PathBuf,
        /// The name it was to have.
        to: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A server did not take what it was sent.
    #[error("cannot push to {target}")]
    Push {
        /// Where it is, without secrets.
        target: String,
        /// What kept it from it.
        source: PushError,
    },
    /// A setting of TLS cannot be followed.
    #[error("cannot use {what} for TLS")]
    Tls {
        /// What it is about.
        what: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It did not finish in time after the run.
    #[error("did not finish within {limit:?} after the end of the run")]
    Stuck {
        /// The time it had.
        limit: Duration,
    },
    /// Its thread is gone: a bug in the output.
    #[error("stopped without a word")]
    Lost,
    /// Its thread cannot be started.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// What is wrong with an `--out` argument.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// An output that k6 has and plimsoll does not have yet.
    #[error("output '{name}' is not supported yet; supported: {supported}")]
    NotSupportedYet {
        /// The output's name.
        name: String,
        /// The outputs there are.
        supported: String,
    },
    /// No such output.
    #[error("unknown output '{name}'{}; supported: {supported}", did_you_mean(nearest))]
    Unknown {
        /// The name as given; of a URL in its place only the scheme.
        name: String,
        /// The nearest known name.
        nearest: Option<String>,
        /// The outputs there are.
        supported: String,
    },
    /// A setting is not what it has to be.
    #[error("output '{output}': {name} is '{value}', expected {expected}")]
    Setting {
        /// The output's name.
        output: &'static str,
        /// The variable or the option that holds it.
        name: String,
        /// What it holds; secrets are left out.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// A setting of k6's that has no effect here.
    #[error("output '{output}': {name} is not supported; {hint}")]
    Unsupported {
        /// The output's name.
        output: &'static str,
        /// The variable or the option.
        name: String,
        /// What to do instead.
        hint: &'static str,
    },
    /// No such option in an argument.
    #[error("output '{output}' has no option '{name}'{}; it has: {known}", did_you_mean(nearest))]
    UnknownOption {
        /// The output's name.
        output: &'static str,
        /// The option as given.
        name: String,
        /// The nearest known option.
        nearest: Option<String>,
        /// The options there are.
        known: String,
    },
    /// The same output with the same settings.
    #[error("output '{output}' is given twice")]
    Twice {
        /// Its name, and its file if it has one; nothing that may be secret.
        output: String,
    },
    /// Two outputs would write the same file.
    #[error("outputs '{one}' and '{other}' would both write '{}'; give each its own file", file.display())]
    SameFile {
        /// Name and file of the one given first.
        one: String,
        /// Name and file of the other.
        other: String,
        /// Where both lead to.
        file: PathBuf,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean '{name}'?)")).unwrap_or_default()
}
