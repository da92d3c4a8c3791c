//! The `plimsoll` command: flags and environment in, exit code out.
//!
//! | module | subject |
//! |---|---|
//! | `cli` | what was typed |
//! | `commands` | one file for each command, read top to bottom |
//! | `ceiling` | what a script can reach on this machine at all |
//! | `control` | the API of a running test, and its client |
//! | `dashboard` | the run as pictures, and the page that shows them meanwhile |
//! | `serving` | what the control API and the dashboard are served with |
//! | `environment`, `config_file` | variables as text, and the options of the config file |
//! | `loaded` | a script with the plan that the layers of options come to |
//! | `network` | from the plan to the network client's settings |
//! | `outputs` | streaming outputs, from `--out` to the last line |
//! | `signals`, `progress`, `banner`, `log`, `screen` | the outside world while a run goes on |
//! | `summary`, `files`, `verdict`, `exit` | what is left of a run: text, files, exit code |
//! | `vitals` | the machine meanwhile, for the verdict on the measurement |
//! | `failure` | what keeps a command from doing its work |
//!
//! **Invariant:** stdout carries the summary and asked-for data only; everything else goes to stderr.

mod banner;
mod ceiling;
mod cli;
mod commands;
mod config_file;
mod control;
mod dashboard;
mod environment;
mod exit;
mod failure;
mod files;
mod goals_file;
mod loaded;
mod log;
mod network;
mod outputs;
mod progress;
mod remote;
mod screen;
mod serving;
mod signals;
mod summary;
mod verdict;
mod vitals;

pub use commands::main_with;
