//! `bench validity`: whether the verdict on the measurement is right, run after run.
//!
//! Held down to a fifth of a core at a rate that needs more, every run must be INVALID; left alone at a fifth
//! of what it can do, every run must be VALID.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::cores::Cores;
use super::generator::{Generator, script};
use super::limiter::{Limiter, Means};
use super::summary::Summary;
use super::target::Target;
use super::{Programs, Subject};
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How many runs of each kind
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// How long each run lasts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..))]
    seconds: u32,
    /// Iterations per second of the runs that are held down
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Iterations per second of the runs that are left alone
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(1..))]
    calm_rate: u32,
    /// The share of a core that a generator is held down to
    #[arg(long, default_value_t = 0.2)]
    share: f64,
    /// How it is held down
    #[arg(long, value_enum, default_value_t = Means::Auto)]
    means: Means,
    /// How long the target lets each request wait
    #[arg(long, default_value_t = 1)]
    answer_ms: u16,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    ensure!((0.01..1.0).contains(&arguments.share), "--share is a part of one core, such as 0.2");
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let target = Target::start(&programs.target, Cores::pick()?.target).await?;
    target.delay(Duration::from_millis(arguments.answer_ms.into())).await?;
    let plimsoll = Generator::plimsoll(&programs.plimsoll);
    let bench = Bench { workspace, arguments, plimsoll: &plimsoll, target: &target };
    let held = bench.series(arguments.rate, true, "INVALID").await?;
    let calm = bench.series(arguments.calm_rate, false, "VALID").await?;
    target.stop().await?;
    say!("\n{held} of {0} held down are INVALID, {calm} of {0} left alone are VALID", arguments.runs);
    ensure!(held == arguments.runs && calm == arguments.runs, "not all verdicts are right");
    Ok(())
}

struct Bench<'a> {
    workspace: &'a Workspace,
    arguments: &'a Arguments,
    plimsoll: &'a Generator,
    target: &'a Target,
}

impl Bench<'_> {
    /// One series of runs; how many of them have the verdict that they should have.
    async fn series(&self, rate: u32, is_held: bool, expected: &str) -> Result<u32> {
        let Arguments { runs, seconds, share, means, .. } = *self.arguments;
        let limiter = is_held.then(|| Limiter::new(means, share)).transpose()?;
        let how = limiter.as_ref().map_or_else(
            || "left alone".to_owned(),
            |limiter| format!("held down to {share} of a core by {}", limiter.name()),
        );
        say!("\n{rate} iterations/s for {seconds} s, {how}");
        let mut verdicts = BTreeMap::<String, u32>::new();
        for number in 1..=runs {
            let summary = self.one(rate, limiter.as_ref()).await?;
            let line = summary.line_with("the measurement is ").context("no verdict was printed")?;
            let verdict = line.split("the measurement is ").nth(1).unwrap_or_default();
            let word = verdict.split([':', ' ']).next().unwrap_or_default().to_owned();
            let late = summary.trend_ms("iteration_lateness", "p(99)").unwrap_or(f64::NAN);
            say!("{number:>4}  {word:<8} late p99 {late:>9.2} ms  {verdict}");
            *verdicts.entry(word).or_default() += 1;
        }
        let counts: Vec<String> = verdicts.iter().map(|(word, n)| format!("{n} {word}")).collect();
        say!("      {}", counts.join(", "));
        Ok(verdicts.get(expected).copied().unwrap_or(0))
    }

    async fn one(&self, rate: u32, limiter: Option<&Limiter>) -> Result<Summary> {
        let script = script(self.workspace, "arrivals.js");
        let mut command = self.plimsoll.script(&script, &self.target.url());
        command.env("RATE", rate.to_string()).env("DURATION", format!("{}s", self.arguments.seconds));
        command.env("VUS", "500").env("MAX_VUS", "2000");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = Running::spawn(self.plimsoll.name, &mut command)?;
        let process = running.pid().context("it has just been started")?;
        let held = async {
            if let Some(limiter) = limiter {
                limiter.hold(process).await?;
            }
            std::future::pending::<Result<()>>().await
        };
        let captured = tokio::select! {
            captured = running.capture() => captured?,
            failed = held => { failed?; unreachable!("holding ends with the process only") }
        };
        Ok(Summary(captured.stdout))
    }
}
