//! `bench steady`: whether memory grows with the length of a run.
//!
//! What comes and goes, such as answers that pile up for a moment, is no growth: the last minute is compared
//! with the one after memory has settled. The highest reading is printed, too.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::sleep;

use super::cores::{Cores, pinned};
use super::generator::{Generator, script};
use super::memory::Memory;
use super::statistics::Spread;
use super::target::Target;
use super::{Programs, Subject};
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

/// When everything that a run needs is there.
const SETTLED: Duration = Duration::from_secs(120);
/// How often memory is read.
const LOOK: Duration = Duration::from_secs(10);
/// How many readings a minute has.
const A_MINUTE: usize = 6;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How long the run lasts
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(4..))]
    minutes: u32,
    /// Virtual users that loop without a pause
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    vus: u32,
    /// So many KB of growth after the second minute are allowed
    #[arg(long, default_value_t = 1_024)]
    limit_kb: u64,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let target = Target::start(&programs.target, cores.target).await?;
    let plimsoll = Generator::plimsoll(&programs.plimsoll);
    let mut command = plimsoll.script(&script(workspace, "get_check.js"), &target.url());
    command.args(["--vus", &arguments.vus.to_string()]);
    command.args(["--duration", &format!("{}m", arguments.minutes)]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut running = pinned(cores.generator, || Running::spawn(plimsoll.name, &mut command))?;
    let process = running.pid().context("it has just been started")?;
    let (mut passed, mut readings) = (Duration::ZERO, Vec::new());
    let end = Duration::from_secs(60 * u64::from(arguments.minutes));
    while passed + LOOK < end {
        sleep(LOOK).await;
        passed += LOOK;
        ensure!(running.has_ended()?.is_none(), "the run ended after {} s", passed.as_secs());
        let resident = Memory::of(process)?.resident_kb;
        if passed >= SETTLED {
            readings.push(resident as f64);
        }
        if passed.as_secs().is_multiple_of(60) {
            say!("{:>3} min  {resident:>8} KB", passed.as_secs() / 60);
        }
    }
    running.wait().await?;
    let ledger = target.ledger().await?;
    target.stop().await?;
    let of = |readings: &[f64]| Spread::of(readings).context("the run was too short");
    let (first, last) = (of(&readings[..A_MINUTE])?, of(&readings[readings.len() - A_MINUTE..])?);
    let (grown, most) = (last.median - first.median, of(&readings)?.max - first.median);
    say!(
        "{} requests; {grown:+.0} KB in the last minute beside the third ({:.0} KB); {most:+.0} KB at most",
        ledger.requests,
        first.median
    );
    ensure!(grown < arguments.limit_kb as f64, "memory grows: allowed are {} KB", arguments.limit_kb);
    Ok(())
}
