//! `cargo xtask quickstart`: from a fresh clone to a report in one command.
//!
//! InsightDesk is started on a free port with data in memory, the smoke test runs against it, and both are
//! gone afterwards. plimsoll's exit code is ours.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use tokio::process::Command;
use tokio::time::Instant;

use crate::local_server::LocalServer;
use crate::process::{self, Interrupts, Running};
use crate::say::say;
use crate::workspace::Workspace;
use crate::{build, http};

/// Where everything that is worth keeping goes; ignored by git.
const OUTPUT_FOLDER: &str = "plimsoll-report";
const SCRIPT: &str = "load-tests/scenarios/smoke.js";
const HEALTH_TIMEOUT: Duration = Duration::from_secs(30);

/// What may differ from the smoke test as written.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long the test runs [default: what the script says]
    #[arg(long, value_name = "DURATION")]
    duration: Option<String>,
    /// How many virtual users it runs [default: what the script says]
    #[arg(long, value_name = "N")]
    vus: Option<u32>,
}

/// Builds, starts, tests, stops.
pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    let preparation = prepare(workspace);
    let (plimsoll, server) = tokio::select! {
        prepared = preparation => prepared?,
        signal = interrupts.next() => return Ok(process::exit_code_of_signal(signal)),
    };
    let report = workspace.root().join(OUTPUT_FOLDER).join("smoke.html");
    let mut command = smoke_test(workspace, &plimsoll, &server, &report, arguments);
    say!(progress "running {SCRIPT} against {}", server.url());
    let status = run_interruptibly(&mut command, &mut interrupts).await;
    server.stop().await?;
    let status = status?;
    if report.exists() {
        say!("report: {}", report.display());
    }
    Ok(process::exit_code_of(status))
}

/// Ends with plimsoll built and InsightDesk answering.
async fn prepare(workspace: &Workspace) -> Result<(PathBuf, LocalServer)> {
    let [plimsoll, insightdesk] = build::release(workspace, ["plimsoll", "insightdesk"]).await?;
    let output = workspace.root().join(OUTPUT_FOLDER);
    std::fs::create_dir_all(&output).context(OUTPUT_FOLDER)?;
    // A report of an earlier run must not be taken for this one's.
    let _ = std::fs::remove_file(output.join("smoke.html"));
    let server = start_insightdesk(&insightdesk, &output.join("insightdesk.log")).await?;
    Ok((plimsoll, server))
}

async fn start_insightdesk(program: &Path, log: &Path) -> Result<LocalServer> {
    let log_file = std::fs::File::create(log).with_context(|| log.display().to_string())?;
    let mut command = Command::new(program);
    command.args(["serve", "--port", "0", "--database-url", "sqlite::memory:"]).stderr(log_file);
    let see_log = || format!("see {}", log.display());
    let server = LocalServer::start("insightdesk", &mut command).await.with_context(see_log)?;
    wait_until_healthy(&server).await.with_context(see_log)?;
    Ok(server)
}

async fn wait_until_healthy(server: &LocalServer) -> Result<()> {
    let deadline = Instant::now() + HEALTH_TIMEOUT;
    loop {
        let answer = http::ask(server.address(), "GET", "/health").await;
        if answer.as_ref().is_ok_and(|answer| answer.status == 200) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "insightdesk is not healthy: the last answer was {answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn smoke_test(
    workspace: &Workspace,
    plimsoll: &Path,
    server: &LocalServer,
    report: &Path,
    arguments: &Arguments,
) -> Command {
    let mut command = Command::new(plimsoll);
    command
        .current_dir(workspace.root())
        .env("BASE_URL", server.url())
        .arg("run")
        .arg("--report")
        .arg(report);
    if let Some(duration) = &arguments.duration {
        command.args(["--duration", duration]);
    }
    if let Some(vus) = arguments.vus {
        command.args(["--vus", &vus.to_string()]);
    }
    command.arg(SCRIPT);
    command
}

/// Runs plimsoll to its end. Our signals are its signals: at the first it winds down, at the second it gives
/// up.
async fn run_interruptibly(command: &mut Command, interrupts: &mut Interrupts) -> Result<ExitStatus> {
    let mut running = Running::spawn("plimsoll", command)?;
    loop {
        let signal: Signal = tokio::select! {
            status = running.wait() => return status,
            signal = interrupts.next() => signal,
        };
        running.signal(signal);
    }
}
