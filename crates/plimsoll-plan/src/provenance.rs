//! Where an option's value came from. Shown in every problem, and by `inspect`.

use std::fmt;

/// Where one layer of options came from. The order is the precedence: a later origin wins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Built in.
    Default,
    /// A JSON config file, by path.
    ConfigFile(String),
    /// `export const options` of a script, by path.
    Script(String),
    /// `K6_*` environment variables.
    Env,
    /// Command-line flags.
    Flags,
}

impl Origin {
    /// What k6 calls this level in its messages.
    pub fn level(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::ConfigFile(_) => "config file",
            Self::Script(_) => "script",
            Self::Env => "env",
            Self::Flags => "cli",
        }
    }
}

/// Where one value came from, precisely enough to find and change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// A JSON config file, by path.
    ConfigFile(String),
    /// `export const options` of a script, by path.
    Script(String),
    /// This environment variable.
    Env(String),
    /// This command-line flag.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::ConfigFile(path) | Self::Script(path) => f.write_str(path),
            Self::Env(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}
