//! The `plimsoll` command: flags and environment in, exit code out.
//!
//! | module | subject |
//! |---|---|
//! | `cli`, `flags` | what was typed |
//! | `run` | the command `run`, top to bottom |
//! | `environment` | variables as text |
//! | `plan`, `network` | from layers of options to a plan, and to the network client's settings |
//! | `outputs` | streaming outputs, from `--out` to the last line |
//! | `signals`, `progress`, `banner`, `log`, `screen` | the outside world while a run goes on |
//! | `summary`, `verdict`, `exit` | what is left of a run: text, files, exit code |
//! | `failure` | what keeps a command from doing its work |
//!
//! **Invariant:** stdout carries the summary and asked-for data only; everything else goes to stderr.

mod banner;
mod cli;
mod command;
mod environment;
mod exit;
mod failure;
mod flags;
mod log;
mod network;
mod outputs;
mod plan;
mod progress;
mod run;
mod screen;
mod signals;
mod summary;
mod verdict;

pub use command::main_with;
