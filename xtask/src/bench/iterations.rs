//! `bench iterations`: what an iteration costs that does nothing.

use anyhow::{Context as _, Result};
use std::time::Duration;

use super::cores::Cores;
use super::generator::{Generator, script};
use super::statistics::{Spread, Thousands};
use super::summary::Summary;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How long each run lasts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How often each generator runs
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Virtual users
    #[arg(long, default_value_t = 10)]
    vus: u32,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let core = Cores::pick()?.generator;
    let generators = Generator::scriptable(&programs.plimsoll);
    let mut rates = vec![Vec::new(); generators.len()];
    for round in 1..=arguments.rounds {
        say!(progress "round {round} of {}", arguments.rounds);
        for (generator, rates) in generators.iter().zip(&mut rates) {
            rates.push(iterations_per_second(workspace, generator, arguments, core).await?);
        }
    }
    say!("iterations per second of an empty function, {} virtual users on one core", arguments.vus);
    for (generator, rates) in generators.iter().zip(&rates) {
        if let Some(Spread { median, min, max }) = Spread::of(rates) {
            let (median, min, max) = (Thousands(median), Thousands(min), Thousands(max));
            say!("{:<10} {median:>12} ({min} – {max})", generator.name);
        }
    }
    Ok(())
}

async fn iterations_per_second(
    workspace: &Workspace,
    generator: &Generator,
    arguments: &Arguments,
    core: usize,
) -> Result<f64> {
    let mut command = generator.script(&script(workspace, "empty.js"), "");
    command.args(["--vus", &arguments.vus.to_string(), "--duration", &format!("{}s", arguments.seconds)]);
    // Go counts the cores of the machine, not those it may use.
    command.env("GOMAXPROCS", "1");
    let limit = Duration::from_secs(arguments.seconds.into()) + PATIENCE;
    let summary = Summary(generator.run(&mut command, Some(core), limit).await?);
    let count = summary.value("iterations");
    let count = count.with_context(|| format!("no iterations in:\n{}", summary.0))?;
    Ok(count / f64::from(arguments.seconds))
}
