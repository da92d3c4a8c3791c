//! `plimsoll gate`: its arguments and its help.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use plimsoll_report::capacity::Gate;

use super::{LoggingArguments, help};

/// The arguments of `gate`.
pub(crate) struct GateArguments {
    pub(crate) gates: Vec<Gate>,
    pub(crate) record: PathBuf,
    pub(crate) logging: LoggingArguments,
}

const HELP: &str = "\
Holds the record of a search for capacity against a condition, for pipelines.

The lower end of the 95 % interval has to meet it, so that a build passes when its capacity is surely enough.

Exit codes: 0 when the gate is met, 91 when it is not, 90 when the record has no capacity (the search was \
interrupted, or the generator was at its limit), 255 when the file cannot be read.";

pub(super) fn command() -> Command {
    let gate = Arg::new("capacity")
        .long("capacity")
        .value_name("CONDITION")
        .required(true)
        .action(ArgAction::Append)
        .value_parser(|text: &str| text.parse::<Gate>())
        .help_heading(help::COMMAND)
        .help("The least capacity, such as '>=1200/s@95%' or '>=50vus'");
    let record = Arg::new("record")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .default_value("capacity.json")
        .help("The record that plimsoll capacity has written");
    Command::new("gate").about("Hold a capacity against a condition").long_about(HELP).args([gate, record])
}

impl GateArguments {
    pub(super) fn of(matches: &ArgMatches, logging: LoggingArguments) -> Self {
        GateArguments {
            gates: matches.get_many::<Gate>("capacity").into_iter().flatten().copied().collect(),
            record: matches.get_one::<PathBuf>("record").cloned().unwrap_or_default(),
            logging,
        }
    }
}
