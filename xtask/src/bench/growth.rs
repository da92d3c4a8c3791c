//! `bench growth`: virtual users made on demand, while a slow target wants many of them at once.
//!
//! Each run starts with one virtual user and needs rate × answer time of them. What one takes to make is
//! measured inside of a process, by a benchmark of `plimsoll-script`.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::arrivals::{Arrivals, Ran};
use super::generator::Generator;
use super::statistics::Thousands;
use super::target::Target;
use super::{Programs, Subject, cores::Cores};
use crate::process::run_visibly;
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Iterations per second
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How long the target lets each request wait
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    answer_ms: u16,
    /// How long each run lasts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..))]
    seconds: u32,
    /// How often it is run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The most virtual users there may be
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_vus: u32,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let target = Target::start(&programs.target, Cores::pick()?.target).await?;
    let plimsoll = Generator::plimsoll(&programs.plimsoll);
    let Arguments { rate, seconds, rounds, max_vus, answer_ms, .. } = *arguments;
    let load = Arrivals { rate, seconds, pre_allocated_vus: 1, max_vus };
    target.delay(Duration::from_millis(answer_ms.into())).await?;
    let mut all = Vec::new();
    for round in 1..=rounds {
        say!(progress "round {round} of {rounds}");
        all.push(load.apply(workspace, &plimsoll, &target, None, async { Ok(()) }).await?);
    }
    target.stop().await?;
    measure_creation(workspace).await?;
    say!(
        "\n1 VU at first, {}/s against {answer_ms} ms, so {} needed; {rounds} rounds of {seconds} s",
        Thousands(rate.into()),
        Thousands(f64::from(rate) * f64::from(answer_ms) / 1e3),
    );
    print(&all)
}

/// Prints what one virtual user takes to make.
async fn measure_creation(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["bench", "--quiet", "--package", "plimsoll-script", "--bench", "creation"]);
    let status = run_visibly(&mut command).await?;
    ensure!(status.success(), "the benchmark of plimsoll-script failed ({status})");
    Ok(())
}

fn print(all: &[Ran]) -> Result<()> {
    say!("{:>9} {:>9} {:>12} {:>12}   dropped when", "VUs made", "dropped", "late p99", "late max");
    for ran in all {
        let late = |stat| ran.summary.trend_ms("iteration_lateness", stat).context("no lateness");
        say!(
            "{:>9} {:>9} {:>9.1} ms {:>9.1} ms   {}",
            Thousands(ran.summary.value("vus_max").context("no vus_max")?),
            Thousands(ran.dropped()),
            late("p(99)")?,
            late("max")?,
            ran.summary.line_with("dropped:").unwrap_or("never")
        );
    }
    if let Some(advice) = all.iter().find_map(|ran| ran.summary.line_with(" needed about ")) {
        say!("\nthe advice of the first run that has one:\n{advice}");
    }
    Ok(())
}
