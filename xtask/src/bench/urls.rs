//! `bench urls`: millions of distinct URLs, which must neither take memory nor cost a request.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::sleep;

use super::cores::{Cores, pinned};
use super::generator::{Generator, script};
use super::memory::Memory;
use super::statistics::Thousands;
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
    /// How many URLs
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    urls: u64,
    /// Virtual users that share them
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    vus: u32,
    /// So many MB of 1,000,000 bytes may be resident
    #[arg(long, default_value_t = 300)]
    limit_mb: u64,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let target = Target::start(&programs.target, cores.target).await?;
    let plimsoll = Generator::plimsoll(&programs.plimsoll);
    // Words of letters are no ids, so that nothing is gained by templates: each URL is a series of its own.
    let mut command = plimsoll.script(&script(workspace, "distinct_urls.js"), &target.url());
    command.env("VUS", arguments.vus.to_string()).env("ITERATIONS", arguments.urls.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    target.take_ledger().await?;
    let running = pinned(cores.generator, || Running::spawn(plimsoll.name, &mut command))?;
    let process = running.pid().context("it has just been started")?;
    let mut highest = 0;
    let watch = async {
        loop {
            sleep(Duration::from_millis(500)).await;
            highest = highest.max(Memory::of(process).map_or(0, |memory| memory.resident_kb));
        }
    };
    let captured = tokio::select! {
        captured = running.capture() => captured?,
        () = watch => unreachable!("it watches for ever"),
    };
    let (summary, ledger) = (Summary(captured.stdout), target.take_ledger().await?);
    target.stop().await?;
    let counted = summary.value("http_reqs").with_context(|| format!("no http_reqs in:\n{}", summary.0))?;
    say!(
        "{} distinct URLs: {} requests counted, {} received, {} KB resident at most",
        Thousands(arguments.urls as f64),
        Thousands(counted),
        Thousands(ledger.requests as f64),
        Thousands(highest as f64)
    );
    ensure!(counted as u64 == arguments.urls && ledger.requests == arguments.urls, "requests are missing");
    ensure!(highest * 1_024 < arguments.limit_mb * 1_000_000, "more than {} MB", arguments.limit_mb);
    Ok(())
}
