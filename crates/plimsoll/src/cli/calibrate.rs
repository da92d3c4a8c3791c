//! `plimsoll calibrate`: its own arguments and its help.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::{LoggingArguments, TestArguments, help, test};
use crate::ceiling::null_target;

/// The arguments of `calibrate`.
pub(crate) struct CalibrateArguments {
    pub(crate) test: TestArguments,
    /// Where the certificate goes instead of the standard place.
    pub(crate) certificate: Option<PathBuf>,
    /// How long each load is kept up.
    pub(crate) seconds: u64,
    /// What the null target answers.
    pub(crate) body: String,
    pub(crate) logging: LoggingArguments,
}

const HELP: &str = "\
Finds out what a script can reach on this machine at all: its ceiling, in iterations and requests a second.

Every connection is led to a null target on this machine, which answers each request with 200; nothing is \
sent anywhere else. First VUs loop as fast as they can, more and more of them; then rates below what they \
reached are tried (above, too, where pauses keep VUs from reaching what the machine can do), and the \
highest one whose measurement is VALID is the ceiling. It is kept as a certificate, and every later run of \
the same script on this machine says how much of the ceiling it used.

The null target speaks HTTP/1.1 without TLS. Handshakes, HTTP/2 and sockets are not in the ceiling.";

pub(super) fn command() -> Command {
    let certificate = Arg::new("certificate")
        .help_heading(help::COMMAND)
        .short('O')
        .long("certificate")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Where the certificate goes, instead of where runs look for it");
    let seconds = Arg::new("seconds")
        .help_heading(help::COMMAND)
        .long("seconds")
        .value_name("N")
        .value_parser(value_parser!(u64).range(1..=600))
        .default_value("4")
        .help("How long each load is kept up");
    let command = Command::new("calibrate").about("Find the ceiling of a script on this machine");
    command.long_about(HELP).args([certificate, seconds, body()]).args(test::arguments())
}

fn body() -> Arg {
    Arg::new("body")
        .help_heading(help::COMMAND)
        .long("body")
        .value_name("TEXT")
        .default_value("{}")
        .help("The body of each answer, for scripts that read it")
}

/// The target of a calibration, which users do not start.
pub(super) fn null_target() -> Command {
    Command::new(null_target::COMMAND).hide(true).arg(body())
}

impl CalibrateArguments {
    pub(super) fn of(
        command: &mut Command,
        matches: &ArgMatches,
        logging: LoggingArguments,
    ) -> Result<Self, clap::Error> {
        Ok(CalibrateArguments {
            test: TestArguments::of(command, matches)?,
            certificate: matches.get_one::<PathBuf>("certificate").cloned(),
            seconds: matches.get_one::<u64>("seconds").copied().unwrap_or_default(),
            body: text_of_body(matches),
            logging,
        })
    }
}

pub(super) fn text_of_body(matches: &ArgMatches) -> String {
    matches.get_one::<String>("body").cloned().unwrap_or_default()
}
