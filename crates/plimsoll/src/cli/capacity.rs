//! `plimsoll capacity`: its own arguments and its help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind, value_parser};
use plimsoll_plan::duration;
use plimsoll_report::capacity::Model;

use super::{LoggingArguments, TestArguments, help, test};

/// The arguments of `capacity`.
pub(crate) struct CapacityArguments {
    pub(crate) test: TestArguments,
    /// `--slo`, in order.
    pub(crate) objectives: Vec<String>,
    pub(crate) scenario: Option<String>,
    pub(crate) model: Option<Model>,
    /// Whether arrivals are evenly spaced.
    pub(crate) is_uniform: bool,
    pub(crate) seed: u64,
    /// The first load, and the least and the most that are tried.
    pub(crate) start: Option<f64>,
    pub(crate) least: Option<f64>,
    pub(crate) max_rate: Option<f64>,
    pub(crate) max_vus: Option<u32>,
    /// Flags whose load was given with a unit, and the model that it belongs to.
    pub(crate) units: Vec<(&'static str, Model)>,
    pub(crate) budget: Duration,
    /// The shortest and the longest plateau.
    pub(crate) plateau: (Duration, Duration),
    /// A share of the load.
    pub(crate) precision: f64,
    pub(crate) recovery: bool,
    pub(crate) current: Option<f64>,
    pub(crate) forecast: Option<f64>,
    /// The share that is to stay free.
    pub(crate) headroom: f64,
    pub(crate) out: PathBuf,
    pub(crate) resume: bool,
    pub(crate) report: Option<PathBuf>,
    pub(crate) observe: Vec<String>,
    pub(crate) logging: LoggingArguments,
}

const HELP: &str = "\
Searches for the highest load at which the service meets its objectives.

One scenario of the script is driven at one load after the other, each held until it is decided whether the \
objectives are met: an arrival rate of iterations, or, for scenarios without one, a number of looping VUs. \
The load doubles until it is too much, what lies between is halved, and the limit is measured, confirmed \
twice, and written to capacity.json with its 95 % interval. Last the target is overloaded for a moment, to \
see whether it recovers.

Objectives are those of --slo; without it the targets of the script's goals; without goals its thresholds. \
Unless one of them is about failures, http_req_failed:rate<0.01 is added.";

const EXIT_CODES: &str = "\
Exit codes:
    0  the capacity was found, or the highest load allowed is carried
   90  no capacity could be found, or none could be confirmed: see the message
   92  the generator, not the target, was at its limit; no capacity is claimed
  104  options or objectives that are not valid, or do not fit together
  105  interrupted by SIGINT or SIGTERM; the plateaus so far are saved
  255  flags that cannot be read
       All others are those of run.";

pub(super) fn command() -> Command {
    Command::new("capacity")
        .about("Find out how much load the service carries within its objectives")
        .long_about(HELP)
        .after_long_help(EXIT_CODES)
        .args(questions())
        .args(loads())
        .args(answers())
        .args(test::arguments())
}

fn flag(name: &'static str, value: &'static str, help: &'static str, long: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help_heading(help::COMMAND).help(help).long_help(long)
}

/// What is asked, of what.
fn questions() -> [Arg; 5] {
    [
        flag(
            "slo",
            "METRIC:CONDITION",
            "An objective, in the language of thresholds; repeatable",
            "An objective that has to be met, in the language of thresholds; may be given several \
             times. Times take a percentile, the median or the average; shares a rate.\n\n\
             Example: --slo 'http_req_duration{name:checkout}:p(95)<200' --slo 'http_req_failed:rate<0.01'",
        )
        .action(ArgAction::Append),
        flag(
            "scenario",
            "NAME",
            "The scenario to drive; the first one by default",
            "The scenario to drive, by its name: its function, tags and variables are kept, its executor is \
             replaced. By default it is the first one. All others stay away.",
        ),
        flag(
            "model",
            "MODEL",
            "open drives a rate of iterations, closed a number of VUs",
            "How load is put on the service: open starts iterations at a rate, whether or not earlier ones \
             have ended, as independent users do; closed lets VUs loop. By default open for scenarios with \
             an arrival rate, closed for all others.",
        )
        .value_parser(["open", "closed"]),
        flag(
            "arrivals",
            "PATTERN",
            "poisson or uniform spacing of iterations",
            "How iterations of a rate are spread. poisson is how users come who do not know of each other; \
             uniform spacing spares the service the clusters that chance makes, and flatters it.",
        )
        .value_parser(["poisson", "uniform"])
        .default_value("poisson"),
        flag("seed", "N", "Decides the arrivals; 1 by default", "The same seed gives the same arrivals.")
            .value_parser(value_parser!(u64))
            .default_value("1"),
    ]
}

/// Within what the search stays.
fn loads() -> [Arg; 9] {
    let rate = |name, help, long| flag(name, "LOAD", help, long);
    [
        rate(
            "start-rate",
            "The first load; 10/s, or 1 VU, by default",
            "The load that is tried first, in iterations per second or VUs. A good guess saves a minute.",
        ),
        rate("min-rate", "The least load to try", "The search gives up when not even this is carried."),
        rate(
            "max-rate",
            "The most load to try; 100000/s by default",
            "The most iterations per second, or VUs, that are tried. When they are carried, that is the \
             answer.",
        ),
        flag(
            "max-vus",
            "N",
            "The most VUs; 1000 by default",
            "How many VUs there may be: under a rate, iterations under way; otherwise the highest load that \
             is tried. They are made when they are needed.",
        )
        .value_parser(value_parser!(u32).range(1..=1_000_000)),
        flag("budget", "TIME", "How long it may take", "How long the search may go on.")
            .default_value("20m")
            .value_parser(time),
        flag(
            "plateau-min",
            "TIME",
            "The shortest plateau",
            "A load is held for this long at least; twice as long near the limit.",
        )
        .default_value("3s")
        .value_parser(time),
        flag(
            "plateau-max",
            "TIME",
            "The longest plateau",
            "A load that could not be decided by then is left undecided.",
        )
        .default_value("20s")
        .value_parser(time),
        flag(
            "precision",
            "PERCENT",
            "How exactly the limit is wanted",
            "The limit is measured until its interval is no wider than this to either side, as far as the \
             budget goes.",
        )
        .default_value("2%")
        .value_parser(percent),
        Arg::new("no-recovery")
            .long("no-recovery")
            .action(ArgAction::SetTrue)
            .help_heading(help::COMMAND)
            .help("Do not overload the target at the end"),
    ]
}

/// What becomes of the answer.
fn answers() -> [Arg; 7] {
    [
        flag(
            "forecast",
            "LOAD",
            "A load to come: how many instances does it need?",
            "A load to come, in iterations per second: the answer says how many instances it needs, if the \
             plateaus make a model of the service (the Universal Scalability Law).\n\n\
             Example: --forecast 5000/s --headroom 30%",
        ),
        flag(
            "headroom",
            "PERCENT",
            "What is to stay free under the load to come",
            "The share of what all instances carry that is to stay free.",
        )
        .default_value("30%")
        .value_parser(share),
        flag(
            "current-rate",
            "LOAD",
            "Today's load, for the headroom",
            "Today's load in iterations per second or VUs: the answer says how much is left.",
        ),
        flag("out-file", "FILE", "Where the answer is written", "The record of the search, as JSON.")
            .long("record")
            .default_value("capacity.json")
            .value_parser(value_parser!(PathBuf)),
        Arg::new("resume")
            .long("resume")
            .action(ArgAction::SetTrue)
            .help_heading(help::COMMAND)
            .help("Go on with the search that stands in the record"),
        flag("report", "FILE", "Write the answer as a page", "Writes one HTML page that needs nothing else.")
            .value_parser(value_parser!(PathBuf)),
        flag(
            "observe",
            "WHAT",
            "Observe the target: process=PID, metrics=URL,…, prometheus=URL,…; repeatable",
            "Observes the target while it is driven, to name what gives way first; may be given several \
             times. process=PID reads a process of this machine. metrics=URL,series=NAME reads one series of \
             a page of metrics. prometheus=URL,query=EXPR asks a Prometheus server. name=TEXT names it, \
             limit=N says where it is full.\n\n\
             Example: --observe process=4711 --observe \
             'metrics=http://localhost:8080/metrics,series=pool_busy,limit=16'",
        )
        .action(ArgAction::Append),
    ]
}

fn time(text: &str) -> Result<Duration, String> {
    let time = duration::parse_extended(text).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("it has to be more than zero".to_owned()) } else { Ok(time) }
}

/// A share that leaves something.
fn share(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim().trim_end_matches('%').trim().parse().map_err(|_| "it is no percentage")?;
    if (0.0..100.0).contains(&number) {
        Ok(number / 100.0)
    } else {
        Err("it has to be from 0% to below 100%".to_owned())
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim().trim_end_matches('%').trim().parse().map_err(|_| "it is no percentage")?;
    match number {
        number if (0.1..=50.0).contains(&number) => Ok(number / 100.0),
        _ => Err("it has to be from 0.1% to 50%".to_owned()),
    }
}

/// `350`, `350/s`, `12 VUs`: the number, and the model whose unit it has.
fn load(text: &str) -> Option<(f64, Option<Model>)> {
    let text = text.trim().to_ascii_lowercase();
    let (number, unit) = match (text.strip_suffix("/s"), text.strip_suffix("vus")) {
        (Some(number), _) => (number, Some(Model::Open)),
        (_, Some(number)) => (number, Some(Model::Closed)),
        _ => (text.as_str(), None),
    };
    let number = number.trim().parse().ok().filter(|load: &f64| load.is_finite() && *load > 0.0);
    Some((number?, unit))
}

impl CapacityArguments {
    pub(super) fn of(
        command: &mut Command,
        matches: &ArgMatches,
        logging: LoggingArguments,
    ) -> Result<Self, clap::Error> {
        let mut units = Vec::new();
        let mut read = |name: &'static str| match matches.get_one::<String>(name) {
            None => Ok(None),
            Some(text) => match load(text) {
                Some((load, unit)) => {
                    units.extend(unit.map(|unit| (name, unit)));
                    Ok(Some(load))
                }
                None => Err(command.error(
                    ErrorKind::ValueValidation,
                    format!("--{name} {text}: expected a load of more than zero, such as 350/s"),
                )),
            },
        };
        let (start, least) = (read("start-rate")?, read("min-rate")?);
        let (max_rate, current) = (read("max-rate")?, read("current-rate")?);
        let forecast = read("forecast")?;
        let duration = |name: &str| matches.get_one::<Duration>(name).copied().unwrap_or_default();
        let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
        let is = |name: &str, value: &str| matches.get_one::<String>(name).is_some_and(|text| text == value);
        let model = match matches.get_one::<String>("model").map(String::as_str) {
            Some("open") => Some(Model::Open),
            Some(_) => Some(Model::Closed),
            None => None,
        };
        Ok(CapacityArguments {
            objectives: texts("slo"),
            scenario: matches.get_one::<String>("scenario").cloned(),
            model,
            is_uniform: is("arrivals", "uniform"),
            seed: matches.get_one::<u64>("seed").copied().unwrap_or(1),
            start,
            least,
            max_rate,
            max_vus: matches.get_one::<u32>("max-vus").copied(),
            units,
            budget: duration("budget"),
            plateau: (duration("plateau-min"), duration("plateau-max")),
            precision: matches.get_one::<f64>("precision").copied().unwrap_or(0.02),
            recovery: !matches.get_flag("no-recovery"),
            current,
            forecast,
            headroom: matches.get_one::<f64>("headroom").copied().unwrap_or(0.3),
            out: matches.get_one::<PathBuf>("out-file").cloned().unwrap_or_default(),
            resume: matches.get_flag("resume"),
            report: matches.get_one::<PathBuf>("report").cloned(),
            observe: texts("observe"),
            test: TestArguments::of(command, matches)?,
            logging,
        })
    }
}
