//! `plimsoll archive`: its own arguments and its help.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{LoggingArguments, TestArguments, test};

/// The arguments of `archive`.
pub(crate) struct ArchiveArguments {
    pub(crate) test: TestArguments,
    /// Where the archive goes; `-` is stdout.
    pub(crate) out: PathBuf,
    pub(crate) exclude_env_vars: bool,
    pub(crate) logging: LoggingArguments,
}

const HELP: &str = "\
Packs a test into one file: the script, every module that it imports, every file that its init code opens, \
and the options, as all layers together say them. `run` takes the file in place of a script, and so does k6.

The script's init code runs. It does not see the environment in __ENV unless --include-system-env-vars asks \
for it; variables that are set by --env become part of the archive. Names of users in paths are replaced by \
nobody.";

pub(super) fn command() -> Command {
    let out = Arg::new("archive-out")
        .short('O')
        .long("archive-out")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .default_value("archive.tar")
        .help("Where the archive goes; - is stdout");
    let exclude = Arg::new("exclude-env-vars")
        .long("exclude-env-vars")
        .action(ArgAction::SetTrue)
        .help("Leave the variables of __ENV out of the archive");
    let command = Command::new("archive").about("Pack a test and all its files into one file");
    command.long_about(HELP).args([out, exclude]).args(test::arguments())
}

impl ArchiveArguments {
    pub(super) fn of(
        command: &mut Command,
        matches: &ArgMatches,
        logging: LoggingArguments,
    ) -> Result<Self, clap::Error> {
        Ok(ArchiveArguments {
            test: TestArguments::of(command, matches)?,
            out: matches.get_one::<PathBuf>("archive-out").cloned().unwrap_or_default(),
            exclude_env_vars: matches.get_flag("exclude-env-vars"),
            logging,
        })
    }
}
