//! `bench memory`: what one more virtual user costs while it sleeps over an open connection.
//!
//! The run is stopped in the middle and looked at from outside. The slope between two sizes is what one more
//! user costs; the process as such drops out of it.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal};
use tokio::time::Instant;

use super::cores::Cores;
use super::generator::{Generator, script};
use super::statistics::Thousands;
use super::target::Target;
use super::{Programs, Subject};
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

/// Until every user has made its request.
const READY_TIMEOUT: Duration = Duration::from_secs(180);

/// From the last request to the reading: buffers are returned, idle pages go back.
pub(super) const SETTLING: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Numbers of virtual users to measure at
    #[arg(long, value_delimiter = ',', default_values_t = [100, 500, 1000, 5000])]
    vus: Vec<u32>,
}

/// Memory of a process, in KB of 1,024 bytes as the kernel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// All pages that are there.
    pub(super) resident_kb: u64,
    /// The same, each shared page divided among those that share it.
    pub(super) proportional_kb: u64,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    for generator in Generator::scriptable(&programs.plimsoll) {
        let mut measured = Vec::new();
        for &vus in &arguments.vus {
            say!(progress "{}: {vus} virtual users", generator.name);
            measured.push((vus, measure(workspace, &programs, &generator, vus).await?));
        }
        print(&generator, &measured);
    }
    Ok(())
}

async fn measure(
    workspace: &Workspace,
    programs: &Programs,
    generator: &Generator,
    vus: u32,
) -> Result<Memory> {
    let target = Target::start(&programs.target, Cores::pick()?.target).await?;
    let mut command = generator.script(&script(workspace, "sleeping_vu.js"), &target.url());
    command.env("VUS", vus.to_string()).stdin(Stdio::null()).stdout(Stdio::null());
    let mut running = Running::spawn(generator.name, &mut command)?;
    wait_until_all_sleep(&mut running, &target, vus).await?;
    tokio::time::sleep(SETTLING).await;
    let memory = Memory::of(running.pid().context("it has ended")?)?;
    running.stop(Signal::INT).await?;
    target.stop().await?;
    Ok(memory)
}

pub(super) async fn wait_until_all_sleep(running: &mut Running, target: &Target, vus: u32) -> Result<()> {
    let deadline = Instant::now() + READY_TIMEOUT;
    loop {
        let ledger = target.ledger().await?;
        if ledger.requests >= vus.into() && ledger.connections >= vus.into() {
            return Ok(());
        }
        let arrived =
            format!("after {} of {vus} requests on {} connections", ledger.requests, ledger.connections);
        if let Some(status) = running.has_ended()? {
            bail!("{} ended {arrived} ({status})", running.name());
        }
        if Instant::now() > deadline {
            bail!("{} was not ready in time: {arrived}", running.name());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

impl Memory {
    pub(super) fn of(pid: Pid) -> Result<Self> {
        let read = |file: &str, label: &str| {
            let path = format!("/proc/{}/{file}", pid.as_raw_pid());
            let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
            kilobytes(&text, label).with_context(|| format!("no {label} in {path}"))
        };
        Ok(Self { resident_kb: read("status", "VmRSS:")?, proportional_kb: read("smaps_rollup", "Pss:")? })
    }
}

fn kilobytes(text: &str, label: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(label))?;
    rest.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn print(generator: &Generator, measured: &[(u32, Memory)]) {
    say!("\n{:<10} {:>12} {:>12}   (KB of 1,024 bytes)", generator.name, "resident KB", "proport. KB");
    for (vus, memory) in measured {
        let (resident, proportional) = (memory.resident_kb as f64, memory.proportional_kb as f64);
        say!("{:>6} VUs {:>12} {:>12}", vus, Thousands(resident), Thousands(proportional));
    }
    // The smallest runs are mostly the process itself: the slope starts at 500 when there is such a row.
    let first = measured.iter().find(|(vus, _)| *vus >= 500).or(measured.first());
    if let Some((from, to)) = first.zip(measured.last())
        && let Some(slope) = slope(*from, *to)
    {
        say!("{slope:.1} KB per virtual user, from {} to {}", from.0, to.0);
    }
}

fn slope((from, low): (u32, Memory), (to, high): (u32, Memory)) -> Option<f64> {
    let users = to.checked_sub(from).filter(|&users| users > 0)?;
    Some((high.resident_kb as f64 - low.resident_kb as f64) / f64::from(users))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_a_living_process() {
        let own = Pid::from_raw(std::process::id().cast_signed()).expect("not zero");
        let memory = Memory::of(own).expect("readable");
        assert!(memory.resident_kb > 100 && memory.proportional_kb <= memory.resident_kb, "{memory:?}");
    }

    #[test]
    fn the_slope_is_per_user_and_needs_two_sizes() {
        let at = |vus, resident_kb| (vus, Memory { resident_kb, proportional_kb: 0 });
        assert_eq!(slope(at(500, 70_000), at(5000, 520_000)), Some(100.0));
        assert_eq!(slope(at(500, 70_000), at(500, 70_000)), None);
    }
}
