//! `bench capacity`: whether `plimsoll capacity` finds what is there, against InsightDesk as a server of
//! known capacity, of known bottlenecks, and as it is.
//!
//! | module | subject |
//! |---|---|
//! | [`theory`] | what queueing theory says |
//! | [`trial`] | one search against one desk |

mod theory;
mod trial;

use std::path::PathBuf;

use anyhow::{Result, ensure};

use self::theory::Server;
use self::trial::{Found, Programs, Trial};
use crate::bench::cores::{Cores, pinned_until};
use crate::bench::side_by_side::side_by_side;
use crate::build;
use crate::say::say;
use crate::stores::Postgres;
use crate::workspace::Workspace;

/// What to show.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Servers of three sizes whose rate, or number of users, is known: how far off are the answers?
    Queue(Arguments),
    /// A target that an overload keeps down, and a plain one
    Recovery(Arguments),
    /// Targets that one known resource limits: which one is named?
    Bound(Arguments),
    /// A generator that has a tenth of a core
    Generator(Arguments),
    /// InsightDesk as it is, with the suite's load scenario
    Desk(DeskArguments),
}

/// What all of them have in common.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// Searches of each kind
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Searches at a time
    #[arg(long, default_value_t = 2)]
    parallel: usize,
    /// Half the width of the interval with which a search is content
    #[arg(long, default_value = "4%")]
    precision: String,
    /// Measure this plimsoll instead of building one
    #[arg(long, value_name = "PATH")]
    plimsoll: Option<PathBuf>,
    /// Measure against this insightdesk instead of building one
    #[arg(long, value_name = "PATH")]
    insightdesk: Option<PathBuf>,
    /// Only the cases whose names contain this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// Of the search against the desk itself.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DeskArguments {
    #[command(flatten)]
    common: Arguments,
    /// On PostgreSQL instead of SQLite
    #[arg(long)]
    postgres: bool,
    /// The scenario of the suite's load test
    #[arg(long, default_value = "ticket_operations")]
    scenario: String,
    /// Whether its iterations come at a rate, or its VUs loop
    #[arg(long, default_value = "open", value_parser = ["open", "closed"])]
    model: String,
    /// Where the page is written
    #[arg(long, value_name = "FILE", default_value = "plimsoll-report/capacity.html")]
    report: PathBuf,
}

const SCRIPT: &str = "bench/scripts/capacity.js";

/// Chosen so that a search takes three minutes and a hundredth of a millisecond does not matter.
const SERVERS: [Server; 3] = [
    Server { workers: 4, mean_ms: 5.0, bound_ms: 25.0 },
    Server { workers: 16, mean_ms: 10.0, bound_ms: 45.0 },
    Server { workers: 64, mean_ms: 20.0, bound_ms: 80.0 },
];
/// The bound of users is higher: one user more or less must be less than 5 %.
const USERS: [Server; 3] = [
    Server { workers: 4, mean_ms: 5.0, bound_ms: 70.0 },
    Server { workers: 16, mean_ms: 10.0, bound_ms: 60.0 },
    Server { workers: 64, mean_ms: 20.0, bound_ms: 85.0 },
];

/// Measures and prints.
pub(super) async fn run(workspace: &Workspace, command: &Command) -> Result<()> {
    match command {
        Command::Queue(arguments) => queue(workspace, arguments).await,
        Command::Recovery(arguments) => recovery(workspace, arguments).await,
        Command::Bound(arguments) => bound(workspace, arguments).await,
        Command::Generator(arguments) => generator(workspace, arguments).await,
        Command::Desk(arguments) => desk(workspace, arguments).await,
    }
}

impl Arguments {
    async fn programs(&self, workspace: &Workspace) -> Result<Programs> {
        Ok(Programs {
            plimsoll: build::given_or_release(workspace, "plimsoll", self.plimsoll.as_ref()).await?,
            insightdesk: build::given_or_release(workspace, "insightdesk", self.insightdesk.as_ref()).await?,
        })
    }

    fn is_wanted(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    /// Runs the same trial several times, each with a seed of its own, some at a time.
    async fn repeat(
        &self,
        workspace: &Workspace,
        programs: &Programs,
        trial: &Trial,
        tell: impl FnMut(&Found),
    ) -> Result<Vec<Found>> {
        let trials = (1..=self.runs).map(|seed| {
            let (root, programs, mut trial) = (workspace.root().to_owned(), programs.clone(), trial.clone());
            trial.flags.extend(["--seed".to_owned(), seed.to_string()]);
            async move { trial.run(&root, &programs).await }
        });
        side_by_side(trials, self.parallel, tell).await
    }
}

fn flags(flags: &[&str]) -> Vec<String> {
    flags.iter().map(ToString::to_string).collect()
}

async fn queue(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = arguments.programs(workspace).await?;
    let open = SERVERS.into_iter().map(|server| (server, "open", server.rate()));
    let closed = USERS.into_iter().map(|server| (server, "closed", server.users()));
    let mut misses = Vec::new();
    for (server, model, truth) in open.chain(closed) {
        let Server { workers, mean_ms, bound_ms } = server;
        let name = format!("{model} {workers} workers of {mean_ms} ms, p(95)<{bound_ms} ms");
        if !arguments.is_wanted(&name) {
            continue;
        }
        let (slo, precision) = (format!("http_req_duration:p(95)<{bound_ms}"), &arguments.precision);
        let trial = Trial {
            faults: format!(r#"{{"capacity":{{"workers":{workers},"meanServiceMs":{mean_ms}}}}}"#),
            flags: flags(&["--slo", &slo, "--model", model, "--no-recovery", "--precision", precision]),
            script: SCRIPT.to_owned(),
            ..Trial::default()
        };
        say!("{name}: {truth:.1} by theory");
        let mut near = 0;
        let tell = |found: &Found| near += usize::from(tell_queue(found, truth));
        let found = arguments.repeat(workspace, &programs, &trial, tell).await?;
        say!("  {near} of {} within 5 %\n", found.len());
        // 19 of 20.
        if 20 * near < 19 * found.len() {
            misses.push(name);
        }
    }
    ensure!(misses.is_empty(), "more than one answer in twenty is off: {}", misses.join("; "));
    Ok(())
}

fn tell_queue(found: &Found, truth: f64) -> bool {
    let at = |name: &str| found.number(&format!("/answer/capacity/{name}"));
    let (Some(load), Some(low), Some(high)) = (at("load"), at("low"), at("high")) else {
        say!("  no answer (exit code {:?}): {}", found.exit, found.text("/end/end"));
        return false;
    };
    let off = 100.0 * (load / truth - 1.0);
    let holds = if low <= truth && truth <= high { "holds it" } else { "does not hold it" };
    let seconds = found.number("/seconds").unwrap_or(0.0);
    say!("  {load:.1} ({off:+.1} %), interval {low:.1} to {high:.1} {holds}, {seconds:.0} s");
    off.abs() <= 5.0
}

async fn recovery(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = arguments.programs(workspace).await?;
    let plain = r#"{"capacity":{"workers":16,"meanServiceMs":10}}"#;
    let mut wrong = 0;
    let storm = r#"{"retryStorm":{"workers":16,"meanServiceMs":10,"patienceMs":250,"amplification":2}}"#;
    for (name, faults, expected) in [("plain", plain, "recovers"), ("retry storm", storm, "metastable")] {
        if !arguments.is_wanted(name) {
            continue;
        }
        let trial = Trial {
            faults: faults.to_owned(),
            flags: flags(&["--slo", "http_req_duration:p(95)<45", "--precision", &arguments.precision]),
            script: SCRIPT.to_owned(),
            ..Trial::default()
        };
        let tell = |found: &Found| {
            say!("  {name}: {}", found.record.pointer("/answer/recovery").unwrap_or_default());
        };
        let found = arguments.repeat(workspace, &programs, &trial, tell).await?;
        let right = found.iter().filter(|found| found.text("/answer/recovery/verdict") == expected).count();
        say!("{name}: {right} of {} {expected}\n", found.len());
        wrong += found.len() - right;
    }
    ensure!(wrong == 0, "{wrong} answers are wrong");
    Ok(())
}

/// What limits the desk, and the flag that observes it, by the name under which it is expected.
const BOUNDS: [(&str, &str); 4] = [
    ("cpu", r#"{"bound":{"by":"cpu","threads":1,"burnMs":5}}"#),
    ("pool", r#"{"bound":{"by":"pool","connections":10,"holdMs":50}}"#),
    ("lock", r#"{"bound":{"by":"lock","holdMs":5}}"#),
    ("io", r#"{"bound":{"by":"io","writers":1,"writeKib":64}}"#),
];

const OBSERVED: [(&str, &str); 4] = [
    ("cpu", r#"series=insightdesk_threads_in_use_seconds_total{threads="fault"},limit=1,name=cpu"#),
    ("pool", r#"series=insightdesk_pool_in_use_seconds_total{pool="fault"},limit=10,name=pool"#),
    ("lock", r#"series=insightdesk_lock_held_seconds_total{lock="fault"},limit=1,name=lock"#),
    ("io", r#"series=insightdesk_io_in_progress_seconds_total{device="fault"},limit=1,name=io"#),
];

async fn bound(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = arguments.programs(workspace).await?;
    let (mut right, mut unsure, mut wrong) = (0, 0, 0);
    for (name, faults) in BOUNDS.into_iter().filter(|(name, _)| arguments.is_wanted(name)) {
        let mut all = flags(&["--slo", "http_req_duration:p(95)<150", "--precision", &arguments.precision]);
        all.extend(["--observe".to_owned(), "process={PID}".to_owned()]);
        for (_, observed) in OBSERVED {
            all.extend(["--observe".to_owned(), format!("metrics={{URL}}/metrics,{observed}")]);
        }
        let trial =
            Trial { faults: faults.to_owned(), flags: all, script: SCRIPT.to_owned(), ..Trial::default() };
        let tell = |found: &Found| {
            let named = found.text("/answer/bottleneck/resource");
            say!("  {name}: {}", found.record.pointer("/answer/bottleneck").unwrap_or_default());
            let is_right = named == name || name == "cpu" && named.ends_with(" cpu");
            match (named.is_empty(), is_right) {
                (true, _) => unsure += 1,
                (false, true) => right += 1,
                (false, false) => wrong += 1,
            }
        };
        arguments.repeat(workspace, &programs, &trial, tell).await?;
    }
    say!("{right} right, {unsure} cannot tell, {wrong} wrong");
    ensure!(wrong == 0, "a resource was named that is not the one");
    Ok(())
}

async fn generator(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = arguments.programs(workspace).await?;
    let trial = Trial {
        faults: String::new(),
        flags: flags(&["--slo", "http_req_duration:p(95)<100", "--no-recovery", "--budget", "3m"]),
        script: SCRIPT.to_owned(),
        generator: Some(0.1),
        ..Trial::default()
    };
    let tell = |found: &Found| {
        say!("  exit code {:?}: {}", found.exit, found.record.pointer("/end").unwrap_or_default());
    };
    let found = arguments.repeat(workspace, &programs, &trial, tell).await?;
    let limited = found.iter().filter(|found| found.exit == Some(92)).count();
    say!("{limited} of {} generator-limited", found.len());
    ensure!(limited == found.len(), "a capacity was claimed by a generator that could not know");
    Ok(())
}

async fn desk(workspace: &Workspace, arguments: &DeskArguments) -> Result<()> {
    let programs = arguments.common.programs(workspace).await?;
    let report = workspace.root().join(&arguments.report);
    // The desk and its database on one core: what they leave of the other is not the generator's luck.
    let cores = Cores::pick()?;
    let postgres = match arguments.postgres {
        true => Some(pinned_until(cores.target, Postgres::start()).await?),
        false => None,
    };
    let trial = Trial {
        faults: String::new(),
        flags: flags(&[
            "--slo",
            "http_req_duration:p(95)<200",
            "--slo",
            "http_req_failed:rate<0.01",
            "--observe",
            "process={PID}",
            "--scenario",
            &arguments.scenario,
            "--model",
            &arguments.model,
            // An agent pauses, so that an iteration takes two seconds and more.
            "--max-vus",
            "6000",
            "--precision",
            &arguments.common.precision,
            "--report",
            &report.display().to_string(),
        ]),
        script: "load-tests/scenarios/load.js".to_owned(),
        database: postgres.as_ref().map(Postgres::url),
        cores: Some(cores),
        ..Trial::default()
    };
    let found = trial.run(workspace.root(), &programs).await?;
    say!("{}", found.said);
    say!("page: {}", report.display());
    Ok(())
}
