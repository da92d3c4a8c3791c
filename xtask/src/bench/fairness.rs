//! `bench fairness`: what an endless loop in one virtual user does to the latencies of the others.
//!
//! Everything runs on one core, so that the busy user and the polite ones share a thread: the hardest case.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::cores::Cores;
use super::generator::{Generator, script};
use super::statistics::Spread;
use super::summary::Summary;
use super::target::Target;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How long each run lasts
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How often each of the two runs is made
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let target = Target::start(&programs.target, cores.target).await?;
    let plimsoll = Generator::plimsoll(&programs.plimsoll);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 1..=arguments.rounds {
        say!(progress "round {round} of {}", arguments.rounds);
        for (is_busy, p99s) in [(false, &mut alone), (true, &mut beside)] {
            let mut command = plimsoll.script(&script(workspace, "busy_neighbour.js"), &target.url());
            command.env("DURATION", format!("{}s", arguments.seconds));
            command.env("BUSY", if is_busy { "1" } else { "0" });
            let limit = Duration::from_secs(arguments.seconds.into()) + PATIENCE;
            let summary = Summary(plimsoll.run(&mut command, Some(cores.generator), limit).await?);
            let p99 = summary.trend_ms("http_req_duration", "p(99)");
            p99s.push(p99.with_context(|| format!("no p(99) of http_req_duration in:\n{}", summary.0))?);
        }
    }
    target.stop().await?;
    say!("p(99) of http_req_duration of 10 polite virtual users on one core");
    for (name, p99s) in [("alone", &alone), ("beside while(true){}", &beside)] {
        if let Some(Spread { median, min, max }) = Spread::of(p99s) {
            say!("{name:<22} {median:>8.2} ms ({min:.2} – {max:.2})");
        }
    }
    Ok(())
}
