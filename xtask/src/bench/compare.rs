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
    let target = Target::start(&programs.target, cores.target).await?;
    let folder = tempfile::tempdir()?;
    let bench =
        Bench { workspace, arguments, programs: &programs, cores, target: &target, folder: folder.path() };
    let usual = Duration::from_millis(arguments.delay_ms.into());
    let slower = usual.mul_f64(1.1);
    let (mut alarms, mut found) = (0, 0);
    for pair in 1..=arguments.pairs {
        say!(progress "pair {pair} of {}", arguments.pairs);
        let [first, again, late] = [
            bench.record("first", usual).await?,
            bench.record("again", usual).await?,
            bench.record("late", slower).await?,
        ];
        alarms += u32::from(bench.is_worse(&first, &again).await? || bench.is_worse(&again, &first).await?);
        found += u32::from(bench.is_worse(&first, &late).await?);
    }
    target.stop().await?;
    let Arguments { pairs, seconds, rate, delay_ms, .. } = arguments;
    say!("{pairs} pairs of {seconds} s at {rate}/s, answers after {delay_ms} ms");
    let percent = |count: u32| 100.0 * f64::from(count) / f64::from(*pairs);
    say!("equal runs called worse, one way or the other: {:.1} %", percent(alarms));
    say!("runs that were 10 % slower found:              {:.1} %", percent(found));
    Ok(())
}

struct Bench<'a> {
    workspace: &'a Workspace,
    arguments: &'a Arguments,
    programs: &'a Programs,
    cores: Cores,
    target: &'a Target,
    folder: &'a Path,
}

impl Bench<'_> {
    /// Runs once and leaves a record.
    async fn record(&self, name: &str, delay: Duration) -> Result<PathBuf> {
        let Arguments { rate, seconds, .. } = self.arguments;
        self.target.delay(delay).await?;
        let path = self.folder.join(name);
        let generator = Generator::plimsoll(&self.programs.plimsoll);
        let mut command = generator.script(&script(self.workspace, "arrivals.js"), &self.target.url());
        command.env("RATE", rate.to_string()).env("DURATION", format!("{seconds}s"));
        command.env("VUS", "200").env("MAX_VUS", "1000").arg("--record").arg(&path);
        let limit = Duration::from_secs(u64::from(*seconds) + 60);
        generator.run(&mut command, Some(self.cores.generator), limit).await?;
        Ok(path)
    }

    async fn is_worse(&self, base: &Path, candidate: &Path) -> Result<bool> {
        let mut command = Command::new(&self.programs.plimsoll);
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
