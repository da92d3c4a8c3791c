//! `bench startup`: from the start of the process to the first request at the target, as the target's clock
//! saw it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};

use super::cores::Cores;
use super::generator::{Generator, script};
use super::statistics::Spread;
use super::target::Target;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

const RUN_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How often each generator is started
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let target = Target::start(&programs.target, Cores::pick()?.target).await?;
    let generators = Generator::scriptable(&programs.plimsoll);
    let mut times = vec![Vec::new(); generators.len()];
    for round in 1..=arguments.rounds {
        say!(progress "round {round} of {}", arguments.rounds);
        for (generator, times) in generators.iter().zip(&mut times) {
            times.push(first_request_ms(workspace, generator, &target).await?);
        }
    }
    target.stop().await?;
    say!("process start to first request at the target, {} rounds", arguments.rounds);
    for (generator, times) in generators.iter().zip(&times) {
        if let Some(Spread { median, min, max }) = Spread::of(times) {
            say!("{:<10} {median:>7.1} ms ({min:.1} – {max:.1})", generator.name);
        }
    }
    Ok(())
}

async fn first_request_ms(workspace: &Workspace, generator: &Generator, target: &Target) -> Result<f64> {
    target.take_ledger().await?;
    let mut command = generator.script(&script(workspace, "get_check.js"), &target.url());
    command.args(["--vus", "1", "--iterations", "1"]);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    generator.run(&mut command, None, RUN_TIMEOUT).await?;
    let ledger = target.take_ledger().await?;
    ensure!(ledger.requests == 1, "{} sent {} requests instead of one", generator.name, ledger.requests);
    let first_request = Duration::from_nanos(ledger.first_request_ns);
    let elapsed = first_request.checked_sub(started).context("the clock was set back")?;
    Ok(elapsed.as_secs_f64() * 1e3)
}
