//! `bench compare`: what `plimsoll compare` says of pairs of real runs, of which one side is known to be
//! slower or not.
//!
//! The target answers after a fixed delay, in every second pair of the candidate a tenth later. Real runs
//! show what simulated ones cannot: how much identical runs of this machine differ.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::cores::Cores;
use super::generator::{Generator, script};
use super::side_by_side::side_by_side;
use super::target::Target;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Pairs of equal runs, and as many of a run and a slower one
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    /// Pairs at a time, each with a target of its own
    #[arg(long, default_value_t = 1)]
    parallel: usize,
    /// How long each run lasts; 20 seconds have to be left when a third has been cut
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(32..))]
    seconds: u32,
    /// Requests per second
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How long the target takes for an answer
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(10..))]
    delay_ms: u32,
}

/// The exit codes of `plimsoll compare`.
const WORSE: i32 = 94;
const NOT_WORSE: i32 = 0;

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let Arguments { pairs, parallel, seconds, rate, delay_ms, .. } = *arguments;
    let pair = Pair {
        plimsoll: programs.plimsoll,
        cores,
        seconds,
        rate,
        delay_ms,
        script: script(workspace, "arrivals.js"),
    };
    let pairs_of_runs = (0..pairs).map(|_| pair.clone().judge(programs.target.clone()));
    let (mut alarms, mut found, mut done) = (0, 0, 0);
    side_by_side(pairs_of_runs, parallel, |judged: &Judged| {
        (alarms, found) = (alarms + u32::from(judged.is_alarm), found + u32::from(judged.is_found));
        done += 1;
        say!(progress "{done} of {pairs} pairs: {alarms} false alarms, {found} slower runs found");
    })
    .await?;
    say!("{pairs} pairs of {seconds} s at {rate}/s, answers after {delay_ms} ms");
    let percent = |count: u32| 100.0 * f64::from(count) / f64::from(pairs);
    say!("equal runs called worse, one way or the other: {:.1} %", percent(alarms));
    say!("runs that were 10 % slower found:              {:.1} %", percent(found));
    Ok(())
}

/// Two equal runs, and a slower one.
#[derive(Clone)]
struct Pair {
    plimsoll: PathBuf,
    script: PathBuf,
    cores: Cores,
    seconds: u32,
    rate: u32,
    delay_ms: u32,
}

/// What `plimsoll compare` says of them.
struct Judged {
    /// One of the equal runs is called worse than the other.
    is_alarm: bool,
    /// The slower run is called worse than the first one.
    is_found: bool,
}

impl Pair {
    async fn judge(self, program: PathBuf) -> Result<Judged> {
        let target = Target::start(&program, self.cores.target).await?;
        let folder = tempfile::tempdir()?;
        let usual = Duration::from_millis(self.delay_ms.into());
        let [first, again, late] = ["first", "again", "late"].map(|name| folder.path().join(name));
        self.record(&target, usual, &first).await?;
        self.record(&target, usual, &again).await?;
        self.record(&target, usual.mul_f64(1.1), &late).await?;
        target.stop().await?;
        let is_alarm = self.is_worse(&first, &again).await? || self.is_worse(&again, &first).await?;
        Ok(Judged { is_alarm, is_found: self.is_worse(&first, &late).await? })
    }

    /// Runs once and leaves a record.
    async fn record(&self, target: &Target, delay: Duration, path: &Path) -> Result<()> {
        target.delay(delay).await?;
        let generator = Generator::plimsoll(&self.plimsoll);
        let mut command = generator.script(&self.script, &target.url());
        command.env("RATE", self.rate.to_string()).env("DURATION", format!("{}s", self.seconds));
        command.env("VUS", "200").env("MAX_VUS", "1000").arg("--record").arg(path);
        let limit = Duration::from_secs(u64::from(self.seconds) + 60);
        generator.run(&mut command, Some(self.cores.generator), limit).await?;
        Ok(())
    }

    async fn is_worse(&self, base: &Path, candidate: &Path) -> Result<bool> {
        let mut command = Command::new(&self.plimsoll);
        let output =
            command.arg("compare").args([base, candidate]).output().await.context("plimsoll compare")?;
        match output.status.code() {
            Some(WORSE) => Ok(true),
            Some(NOT_WORSE) => Ok(false),
            _ => bail!(
                "plimsoll compare failed ({}):\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }
}
