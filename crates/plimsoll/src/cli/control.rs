//! `plimsoll pause`, `resume`, `scale`, `stats` and `status`: their arguments and their help.

use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};

use super::{LoggingArguments, globals};
use crate::control::Address;

/// What to ask of a test that runs in another process.
pub(crate) struct ControlArguments {
    pub(crate) wish: Wish,
    pub(crate) address: Address,
    pub(crate) logging: LoggingArguments,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Pause,
    Resume,
    Scale { vus: Option<u32>, max: Option<u32> },
    Stats,
    Status,
}

const WHERE: &str = "The test must have been started with --address. Without --address here, it is looked \
for at localhost:6565.";

pub(super) fn commands() -> [Command; 5] {
    let command = |name: &'static str, about: &'static str| {
        Command::new(name).about(about).long_about(format!("{about}.\n\n{WHERE}"))
    };
    let count = |name: &'static str, letter: char| {
        Arg::new(name).short(letter).long(name).value_name("N").value_parser(value_parser!(u32))
    };
    [
        command("pause", "Pause a running test, if all its scenarios are externally-controlled"),
        command("resume", "Resume a paused test"),
        command("scale", "Change the number of VUs of an externally-controlled scenario")
            .arg(count("vus", 'u').help("How many VUs loop"))
            .arg(count("max", 'm').help("How many VUs there may be; those that are missing are made"))
            .group(ArgGroup::new("numbers").args(["vus", "max"]).required(true).multiple(true)),
        command("stats", "Print the metrics of a running test"),
        command("status", "Print the status of a running test"),
    ]
}

impl ControlArguments {
    /// `None` for the names of other commands.
    pub(super) fn of(name: &str, matches: &ArgMatches, logging: LoggingArguments) -> Option<Self> {
        let count = |name: &str| matches.get_one::<u32>(name).copied();
        let wish = match name {
            "pause" => Wish::Pause,
            "resume" => Wish::Resume,
            "scale" => Wish::Scale { vus: count("vus"), max: count("max") },
            "stats" => Wish::Stats,
            "status" => Wish::Status,
            _ => return None,
        };
        let address = globals::address(matches).unwrap_or_else(Address::default_of_clients);
        Some(ControlArguments { wish, address, logging })
    }
}
