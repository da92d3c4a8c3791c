//! `bench kills`: what is left of runs that are killed without a warning, at moments all over them.
//!
//! The target's ledger says when the first request arrived and how many there were; the report of the record
//! says how
//! long the run was, and how many requests it knows of.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::sleep;

use super::cores::Cores;
use super::generator::{Generator, script};
use super::statistics::Spread;
use super::target::Target;
use super::{Programs, Subject};
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

/// What a record may lack.
const MOST_LOST: f64 = 2.0;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How many runs are killed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
    /// The latest moment, in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let target = Target::start(&programs.target, Cores::pick()?.target).await?;
    let (mut seconds, mut requests) = (Vec::new(), Vec::new());
    for after in moments(arguments) {
        let Loss { seconds: lost, requests: missing } =
            kill(workspace, &programs.plimsoll, &target, after).await?;
        say!(progress "killed after {:.2} s: {lost:.2} s lost", after.as_secs_f64());
        seconds.push(lost);
        requests.push(missing);
    }
    target.stop().await?;
    say!(
        "{} runs killed at moments from 0 to {} s after the first request",
        arguments.times,
        arguments.seconds
    );
    for (what, lost) in [("seconds lost", &seconds), ("share of the requests lost, %", &requests)] {
        if let Some(Spread { median, min, max }) = Spread::of(lost) {
            say!("{what:<30} {median:>6.2} ({min:.2} – {max:.2})");
        }
    }
    let worst = seconds.iter().copied().fold(0.0, f64::max);
    ensure!(worst <= MOST_LOST, "a record lacks {worst:.2} s, which is more than {MOST_LOST} s");
    Ok(())
}

/// Moments in no order, spread evenly: multiples of the golden section come near every part of a second.
fn moments(arguments: &Arguments) -> impl Iterator<Item = Duration> {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let latest = f64::from(arguments.seconds);
    (1..=arguments.times)
        .map(move |number| Duration::from_secs_f64((f64::from(number) * GOLDEN).fract() * latest))
}

struct Loss {
    seconds: f64,
    /// In percent of what the target has counted.
    requests: f64,
}

async fn kill(workspace: &Workspace, plimsoll: &Path, target: &Target, after: Duration) -> Result<Loss> {
    let folder = tempfile::tempdir().context("a folder for the record")?;
    let record = folder.path().join("run.plimsoll");
    target.take_ledger().await?;
    let generator = Generator::plimsoll(plimsoll);
    let mut command = generator.script(&script(workspace, "get_check.js"), &target.url());
    command.args(["--vus", "20", "--duration", "10m", "--record"]).arg(&record);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = Running::spawn("plimsoll", &mut command)?;
    // The first request marks the beginning, as the target's clock saw it.
    sleep(Duration::from_millis(500) + after).await;
    let killed = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    run.signal(Signal::KILL);
    run.wait().await?;
    let ledger = target.take_ledger().await?;
    ensure!(ledger.requests > 0, "the run had not begun after half a second");
    let lived = killed.saturating_sub(Duration::from_nanos(ledger.first_request_ns)).as_secs_f64();
    let report = report(plimsoll, &record).await?;
    let recorded =
        report["run"]["seconds"].as_f64().context("the report does not say how long the run was")?;
    let known = report["metrics"]["http_reqs"]["values"]["count"].as_f64().unwrap_or_default();
    let all = ledger.requests as f64;
    Ok(Loss { seconds: (lived - recorded).max(0.0), requests: (all - known).max(0.0) / all * 100.0 })
}

async fn report(plimsoll: &Path, record: &Path) -> Result<Value> {
    let mut command = Command::new(plimsoll);
    command.args(["report", "--format", "json"]).arg(record).stdin(Stdio::null());
    let output = command.output().await.context("plimsoll report")?;
    ensure!(output.status.success(), "no report: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the report is not JSON")
}
