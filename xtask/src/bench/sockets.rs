//! `bench sockets`: a crowd of connections that are open and idle, in one process.
//!
//! Each virtual user connects, subscribes and waits; the server sends heartbeats. All must be connected at
//! the same time, none may be lost, and the server must have counted what we believe.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::Signal;
use tokio::time::Instant;

use super::cores::Cores;
use super::generator::{Generator, script};
use super::memory::{Memory, SETTLING};
use super::statistics::Thousands;
use super::target::{Crowd, Target};
use super::{Programs, Subject};
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

/// Until everybody has subscribed.
const READY_TIMEOUT: Duration = Duration::from_secs(300);
/// What is measured: name and script.
const CROWDS: [(&str, &str); 3] =
    [("k6/websockets", "websocket_vu.js"), ("k6/ws", "ws_vu.js"), ("plimsoll/socketio", "socketio_vu.js")];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Virtual users, each with one connection
    #[arg(long, default_value_t = 10_000)]
    vus: u32,
    /// Virtual users of the run that the memory is compared with
    #[arg(long, default_value_t = 500)]
    few: u32,
    /// How many seconds all stay connected
    #[arg(long, default_value_t = 120)]
    seconds: u64,
}

/// What one run showed.
struct Measured {
    ready_after: Duration,
    memory: Memory,
    crowd: Crowd,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    ensure!(arguments.few < arguments.vus, "--few must be less than --vus");
    say!(
        "\n{:<18} {:>8} {:>9} {:>12} {:>10} {:>12}",
        "",
        "VUs",
        "ready s",
        "resident KB",
        "KB per VU",
        "heartbeats"
    );
    for (name, file) in CROWDS {
        say!(progress "{name}: {} virtual users", arguments.few);
        let few = measure(workspace, &programs, file, arguments.few, Duration::ZERO).await?;
        say!(progress "{name}: {} virtual users for {} s", arguments.vus, arguments.seconds);
        let hold = Duration::from_secs(arguments.seconds);
        let many = measure(workspace, &programs, file, arguments.vus, hold).await?;
        let kilobytes = many.memory.resident_kb as f64 - few.memory.resident_kb as f64;
        say!(
            "{name:<18} {:>8} {:>9.1} {:>12} {:>10.1} {:>12}",
            arguments.vus,
            many.ready_after.as_secs_f64(),
            Thousands(many.memory.resident_kb as f64),
            kilobytes / f64::from(arguments.vus - arguments.few),
            many.crowd.heartbeats
        );
    }
    Ok(())
}

async fn measure(
    workspace: &Workspace,
    programs: &Programs,
    file: &str,
    vus: u32,
    hold: Duration,
) -> Result<Measured> {
    let target = Target::start(&programs.target, Cores::pick()?.target).await?;
    let generator = Generator::plimsoll(&programs.plimsoll);
    let mut command = generator.script(&script(workspace, file), &target.url());
    command.env("VUS", vus.to_string()).env("SOCKETS", target.sockets().await?);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let started = Instant::now();
    let mut running = Running::spawn(generator.name, &mut command)?;
    wait_until_all_subscribed(&mut running, &target, vus).await?;
    let ready_after = started.elapsed();
    tokio::time::sleep(SETTLING.max(hold)).await;
    let crowd = target.crowd().await?;
    let memory = Memory::of(running.pid().context("it has ended")?)?;
    running.stop(Signal::INT).await?;
    let end = target.crowd().await?;
    target.stop().await?;
    let vus = u64::from(vus);
    ensure!(
        (crowd.connected, crowd.subscribed, crowd.left) == (vus, vus, 0),
        "{file}: of {vus} connections the server saw {crowd:?}"
    );
    ensure!(end.left == vus, "{file}: at the end the server saw {end:?}");
    Ok(Measured { ready_after, memory, crowd })
}

async fn wait_until_all_subscribed(running: &mut Running, target: &Target, vus: u32) -> Result<()> {
    let deadline = Instant::now() + READY_TIMEOUT;
    loop {
        let crowd = target.crowd().await?;
        if crowd.subscribed >= vus.into() {
            return Ok(());
        }
        if let Some(status) = running.has_ended()? {
            bail!("{} ended ({status}) when the server had seen {crowd:?}", running.name());
        }
        if Instant::now() > deadline {
            bail!("{} was not ready in time: the server has seen {crowd:?}", running.name());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
