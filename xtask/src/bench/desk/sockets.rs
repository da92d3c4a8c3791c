//! `bench desk sockets`: a crowd of Socket.IO clients that hears every announcement, by the suite's
//! `tests/websocket/realtime.js`.
//!
//! Both sides count: clients that came, announcements that were sent and heard. How late those were is
//! measured by the clients, from the time that the desk writes into each.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::Instant;

use super::exported::{Exported, TREND_STATS};
use super::subject::{Programs, Subject};
use crate::bench::memory::Memory;
use crate::bench::statistics::Thousands;
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    programs: Programs,
    /// Clients, each with one connection
    #[arg(long, default_value_t = 10_100)]
    vus: u32,
    /// Seconds in which they come
    #[arg(long, default_value_t = 30)]
    ramp: u32,
    /// Seconds for which all are there and tickets are announced
    #[arg(long, default_value_t = 120)]
    seconds: u32,
    /// Organisations that the clients are divided among, one or two; each hears its own announcements
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=2))]
    tenants: u32,
    /// Milliseconds from one announcement to the next
    #[arg(long, default_value_t = 2000)]
    every: u32,
}

/// In how many seconds the script lets its clients come as it is written, and how many there are.
const WHOLE_RAMP: f64 = 720.0;
const WHOLE_CROWD: f64 = 1_000.0;

/// How much longer than asked for the clients may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What both sides were seen to hold while all clients were there.
struct Held {
    open: u64,
    plimsoll: Memory,
    desk: Memory,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let subject = Subject::start(workspace, &arguments.programs).await?;
    let idle = Memory::of(subject.pid()?)?;
    let folder = TempDir::new()?;
    let file = folder.path().join("summary.json");
    let Arguments { vus, ramp, seconds, every, .. } = arguments;
    say!(progress "{vus} clients come in {ramp} s and stay for {seconds} s, one ticket every {every} ms");
    let mut running = Running::spawn("plimsoll", &mut command(workspace, &subject, arguments, &file))?;
    let held = watch(&mut running, &subject, arguments).await?;
    let status = running.wait().await?;
    let exported = Exported::read(&file).with_context(|| format!("plimsoll ended with {status}"))?;
    let is_equal = print(&exported, &subject, &held, idle).await?;
    subject.stop().await?;
    ensure!(held.open == u64::from(*vus), "{} of {vus} clients were connected at once", held.open);
    ensure!(is_equal, "clients and desk do not agree");
    ensure!(status.success(), "plimsoll ended with {status}");
    Ok(())
}

fn command(workspace: &Workspace, subject: &Subject, arguments: &Arguments, file: &Path) -> Command {
    let mut command = Command::new(&subject.plimsoll);
    command.args(["run", "--quiet", "--summary-trend-stats", TREND_STATS, "--summary-export"]).arg(file);
    let suite = workspace.root().join("load-tests");
    command.arg("--goals").arg(suite.join("goals/realtime.json"));
    command.arg(suite.join("tests/websocket/realtime.js"));
    command.env("BASE_URL", subject.url()).env("WS_URL", subject.url().replacen("http", "ws", 1));
    command.env("USERS", (f64::from(arguments.vus) / WHOLE_CROWD).to_string());
    command.env("SCALE", (f64::from(arguments.ramp) / WHOLE_RAMP).to_string());
    command.env("HOLD", format!("{}s", arguments.seconds)).env("EVERY", format!("{}ms", arguments.every));
    command.env("TENANTS", arguments.tenants.to_string());
    command.stdin(Stdio::null());
    command
}

/// Waits until all are there, and looks at both processes in the middle of the time that they stay.
async fn watch(running: &mut Running, subject: &Subject, arguments: &Arguments) -> Result<Held> {
    let deadline = Instant::now() + Duration::from_secs(arguments.ramp.into()) + PATIENCE;
    while subject.metric("insightdesk_sockets_open").await? < u64::from(arguments.vus) {
        if let Some(status) = running.has_ended()? {
            bail!("plimsoll ended ({status}) before all were connected");
        }
        if Instant::now() > deadline {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(Duration::from_secs(u64::from(arguments.seconds) * 2 / 3)).await;
    let plimsoll = Memory::of(running.pid().context("plimsoll has ended")?)?;
    let open = subject.metric("insightdesk_sockets_open").await?;
    Ok(Held { open, plimsoll, desk: Memory::of(subject.pid()?)? })
}

/// Prints what both sides counted and whether that is the same.
async fn print(exported: &Exported, subject: &Subject, held: &Held, idle: Memory) -> Result<bool> {
    let (heard, awaited) = (exported.count("ws_messages_received")?, exported.count("ws_messages_awaited")?);
    let connected = exported.count("ws_connections")?;
    let rows = [
        ("connections", connected, subject.metric("insightdesk_sockets_connected_total").await?),
        ("open at once", connected, held.open),
        ("announcements", heard, subject.metric("insightdesk_socket_events_total").await?),
        ("to everybody", heard, awaited),
        ("lost", exported.count("ws_connections_lost")?, 0),
    ];
    say!("\n{:<14} {:>12} {:>12}", "", "plimsoll", "insightdesk");
    for (name, here, there) in rows {
        say!("{name:<14} {:>12} {:>12}", Thousands(here as f64), Thousands(there as f64));
    }
    let resident = [held.plimsoll, held.desk].map(|memory| memory.resident_kb as f64);
    say!("{:<14} {:>12} {:>12}", "resident KB", Thousands(resident[0]), Thousands(resident[1]));
    let per_socket = (resident[1] - idle.resident_kb as f64) / held.open.max(1) as f64;
    say!("insightdesk takes {per_socket:.1} KB for each connection");
    let stat = |name| exported.figure("ws_message_latency", name);
    say!(
        "\nannouncements: median {} ms, P95 {} ms, P99 {} ms, longest {} ms",
        stat("med")?,
        stat("p(95)")?,
        stat("p(99)")?,
        stat("max")?
    );
    Ok(rows.iter().all(|(_, here, there)| here == there))
}
