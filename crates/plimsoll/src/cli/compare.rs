//! `plimsoll compare`: its arguments and its help.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use plimsoll_plan::duration;
use plimsoll_report::compare::{Cut, Settings};

use super::{LoggingArguments, help};

/// The arguments of `compare`.
pub(crate) struct CompareArguments {
    pub(crate) base: Vec<PathBuf>,
    pub(crate) candidate: Vec<PathBuf>,
    pub(crate) settings: Settings,
    pub(crate) format: CompareFormat,
    /// Where the answer goes, if not to stdout.
    pub(crate) out: Option<PathBuf>,
    /// Whether the table leaves nothing out.
    pub(crate) all: bool,
    /// Whether *cannot tell* fails it too.
    pub(crate) strict: bool,
    pub(crate) logging: LoggingArguments,
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompareFormat {
    Text,
    Json,
    Markdown,
}

const HELP: &str = "\
Compares two runs, or several of each build, by their records: for each metric and endpoint how much the \
candidate differs from the base, with a 95 % interval from resampled blocks of seconds, and whether that is \
worse, better, the same, or cannot be told.

At most one comparison in twenty of equal builds raises an alarm, whatever the number of metrics. \
Differences \
below --min-effect are none. Give several runs of each side with --base and --candidate where identical runs \
differ a lot; from three a side on, the runs themselves say how much.

Exit codes: 94 when the candidate is worse, 0 when it is not, 93 when it cannot be told and --strict is \
given, \
255 when the files cannot be read or compared.";

pub(super) fn command() -> Command {
    let value = |name: &'static str, hint: &'static str| {
        Arg::new(name).long(name).value_name(hint).help_heading(help::COMMAND)
    };
    let flag =
        |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help_heading(help::COMMAND);
    let files = |name| value(name, "RECORD").num_args(1..).value_parser(value_parser!(PathBuf));
    let records = Arg::new("records")
        .value_names(["BASE", "CANDIDATE"])
        .value_parser(value_parser!(PathBuf))
        .required_unless_present_all(["base", "candidate"])
        .help("The record of the base, then that of the candidate");
    let command = Command::new("compare").about("Find out whether one run is slower or worse than another");
    command.long_about(HELP).args([
        records,
        files("base").requires("candidate").conflicts_with("records").help("The runs of the base"),
        files("candidate").requires("base").conflicts_with("records").help("The runs of the candidate"),
        value("min-effect", "SHARE")
            .default_value("5%")
            .value_parser(share)
            .help("The smallest difference of interest, as a share of the value"),
        value("min-time", "DURATION")
            .default_value("100us")
            .value_parser(milliseconds)
            .help("The smallest difference of times that is of interest"),
        value("run-noise", "SHARE").default_value("1%").value_parser(share).help(
            "How much identical runs differ, as far as there are too few to see it (a standard \
             deviation)",
        ),
        value("cut", "DURATION")
            .default_value("auto")
            .value_parser(cut)
            .help("What to leave out of the beginning of each run; auto: until latency has settled"),
        flag("anyway").help("Compare what should not be compared, such as runs under different load"),
        value("format", "FORMAT")
            .value_parser(["text", "json", "markdown"])
            .default_value("text")
            .help("How the answer is written"),
        value("out", "FILE").value_parser(value_parser!(PathBuf)).help("Where it goes; stdout by default"),
        flag("all").help("Leave nothing out of the table of the text"),
        flag("strict").help("Exit with 93 when it cannot be told"),
    ])
}

impl CompareArguments {
    pub(super) fn of(
        command: &mut Command,
        matches: &ArgMatches,
        logging: LoggingArguments,
    ) -> Result<Self, clap::Error> {
        let files =
            |name| matches.get_many::<PathBuf>(name).into_iter().flatten().cloned().collect::<Vec<_>>();
        let (mut base, mut candidate, records) = (files("base"), files("candidate"), files("records"));
        if let [first, second] = records.as_slice() {
            (base, candidate) = (vec![first.clone()], vec![second.clone()]);
        }
        if base.is_empty() || candidate.is_empty() {
            return Err(command.error(ErrorKind::MissingRequiredArgument, "two records are needed"));
        }
        let number = |name| matches.get_one::<f64>(name).copied().expect("it has a default");
        Ok(Self {
            base,
            candidate,
            settings: Settings {
                min_effect: number("min-effect"),
                min_time_ms: number("min-time"),
                run_noise: number("run-noise"),
                cut: matches.get_one::<Cut>("cut").copied().unwrap_or(Cut::Detect),
                anyway: matches.get_flag("anyway"),
                ..Settings::default()
            },
            format: match matches.get_one::<String>("format").map(String::as_str) {
                Some("json") => CompareFormat::Json,
                Some("markdown") => CompareFormat::Markdown,
                _ => CompareFormat::Text,
            },
            out: matches.get_one::<PathBuf>("out").cloned(),
            all: matches.get_flag("all"),
            strict: matches.get_flag("strict"),
            logging,
        })
    }
}

/// `5%` or `0.05`.
fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().map(|number| number / unit).ok();
    share
        .filter(|share| (0.0..1.0).contains(share))
        .ok_or_else(|| "expected a share such as 5% or 0.05".to_owned())
}

fn milliseconds(text: &str) -> Result<f64, String> {
    duration::parse_plain(text)
        .map(|duration| 1e3 * duration.as_secs_f64())
        .map_err(|error| error.to_string())
}

fn cut(text: &str) -> Result<Cut, String> {
    match text {
        "auto" => Ok(Cut::Detect),
        text => duration::parse_plain(text)
            .map(Cut::Fixed)
            .map_err(|error| format!("expected auto or a duration: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_two_spellings() {
        assert_eq!(share("5%"), Ok(0.05));
        assert_eq!(share("0.05"), Ok(0.05));
        assert_eq!(share("0"), Ok(0.0));
        for wrong in ["5", "100%", "-1%", "five", "NaN"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
