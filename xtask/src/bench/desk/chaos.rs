//! `bench desk chaos`: what clients notice when something breaks, and what is lost.
//!
//! While tickets are created, read and changed at a constant rate, one thing after the other breaks and is
//! mended. Every answer is written down by the generator ([`answers`]); afterwards every ticket that was
//! acknowledged must be in the database.

mod answers;

use std::collections::HashSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use self::answers::{Answer, Window, now_ms};
use super::subject::{Programs, Subject};
use crate::bench::generator::script;
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    programs: Programs,
    /// Tickets per second
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Seconds for which each thing is broken
    #[arg(long, default_value_t = 5)]
    outage: u32,
    /// Seconds between being mended and the next thing that breaks
    #[arg(long, default_value_t = 5)]
    calm: u32,
}

/// No answer may take longer: what a query may take, what Valkey may take, and what a busy machine adds.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);

/// What breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Nothing,
    PostgresStopped,
    PostgresFrozen,
    ValkeyKilled,
    Latency,
    Resets,
}

const TROUBLES: [Trouble; 6] = [
    Trouble::Nothing,
    Trouble::PostgresStopped,
    Trouble::PostgresFrozen,
    Trouble::ValkeyKilled,
    Trouble::Latency,
    Trouble::Resets,
];

impl Trouble {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::PostgresStopped => "PostgreSQL stopped",
            Self::PostgresFrozen => "PostgreSQL frozen",
            Self::ValkeyKilled => "Valkey killed",
            Self::Latency => "200 ms of latency",
            Self::Resets => "1 in 10 reset",
        }
    }

    async fn begin(self, subject: &mut Subject) -> Result<()> {
        match self {
            Self::Nothing => Ok(()),
            Self::PostgresStopped => subject.postgres.stop().await,
            Self::PostgresFrozen => subject.postgres.freeze(),
            Self::ValkeyKilled => {
                subject.valkey.kill();
                Ok(())
            }
            Self::Latency => subject.faults(r#"{"latency":[{"delay":{"fixedMs":200}}]}"#).await,
            Self::Resets => subject.faults(r#"{"resets":[{"rate":0.1}]}"#).await,
        }
    }

    async fn end(self, subject: &mut Subject) -> Result<()> {
        match self {
            Self::Nothing => Ok(()),
            Self::PostgresStopped => subject.postgres.resume().await,
            Self::PostgresFrozen => subject.postgres.thaw(),
            Self::ValkeyKilled => subject.valkey.resume().await,
            Self::Latency | Self::Resets => subject.faults("{}").await,
        }
    }

    /// Whether an answer that is no success may have this status; 0 is no answer.
    fn excuses(self, status: u16) -> bool {
        match self {
            Self::PostgresStopped | Self::PostgresFrozen => status == 503,
            Self::Resets => status == 0,
            Self::Nothing | Self::ValkeyKilled | Self::Latency => false,
        }
    }
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let mut subject = Subject::start(workspace, &arguments.programs).await?;
    let folder = TempDir::new()?;
    let file = folder.path().join("answers.log");
    let mut running = Running::spawn("plimsoll", &mut command(workspace, &subject, arguments, &file))?;
    let mut windows = Vec::new();
    for trouble in TROUBLES {
        windows.push((trouble, live_through(trouble, &mut subject, arguments).await?));
    }
    let status = running.wait().await?;
    ensure!(status.success(), "plimsoll ended with {status}");
    let answers = answers::read(&file)?;
    let problems = judge(&windows, &answers);
    let lost = reconcile(&subject, &answers).await?;
    subject.stop().await?;
    ensure!(lost == 0, "{lost} tickets that were acknowledged are not in the database");
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    Ok(())
}

fn command(workspace: &Workspace, subject: &Subject, arguments: &Arguments, file: &Path) -> Command {
    let troubles = u32::try_from(TROUBLES.len()).unwrap_or(u32::MAX);
    // Starting a server again takes a moment, too.
    let seconds = troubles * (arguments.outage + arguments.calm) + arguments.calm;
    let mut command = Command::new(&subject.plimsoll);
    command.args(["run", "--quiet", "--console-output"]).arg(file).arg(script(workspace, "desk_chaos.js"));
    command.env("BASE_URL", subject.url()).env("RATE", arguments.rate.to_string());
    command.env("SECONDS", seconds.to_string()).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

async fn live_through(trouble: Trouble, subject: &mut Subject, arguments: &Arguments) -> Result<Window> {
    say!(progress "{} for {} s", trouble.name(), arguments.outage);
    let began = now_ms();
    trouble.begin(subject).await.with_context(|| trouble.name())?;
    tokio::time::sleep(Duration::from_secs(arguments.outage.into())).await;
    let mending = now_ms();
    trouble.end(subject).await.with_context(|| trouble.name())?;
    let mended = now_ms();
    tokio::time::sleep(Duration::from_secs(arguments.calm.into())).await;
    Ok(Window { began, mending, mended, ended: now_ms() })
}

/// Prints what clients noticed of each trouble and returns what they should not have.
fn judge(windows: &[(Trouble, Window)], answers: &[Answer]) -> Vec<String> {
    let mut problems = Vec::new();
    say!(
        "\n{:<20} {:>8} {:>8} {:>6} {:>6} {:>6} {:>11} {:>13}",
        "while",
        "answers",
        "2xx",
        "503",
        "none",
        "other",
        "longest ms",
        "recovered ms"
    );
    for (trouble, window) in windows {
        let noticed = window.noticed(answers);
        say!(
            "{:<20} {:>8} {:>8} {:>6} {:>6} {:>6} {:>11} {:>13}",
            trouble.name(),
            noticed.answers(),
            noticed.count(|status| (200..300).contains(&status)),
            noticed.count(|status| status == 503),
            noticed.count(|status| status == 0),
            noticed.count(|status| status != 0 && status != 503 && !(200..300).contains(&status)),
            noticed.longest_ms,
            noticed.recovered_ms
        );
        for (status, count) in &noticed.by_status {
            if !(200..300).contains(status) && !trouble.excuses(*status) {
                problems.push(format!("{}: {count} answers with status {status}", trouble.name()));
            }
        }
        if u128::from(noticed.longest_ms) > LONGEST_ANSWER.as_millis() {
            problems.push(format!("{}: an answer took {} ms", trouble.name(), noticed.longest_ms));
        }
        if noticed.count(|status| status == 201) == 0 {
            problems.push(format!("{}: no ticket was created", trouble.name()));
        }
    }
    problems
}

/// Looks for every acknowledged ticket in the database and says how many are not there.
async fn reconcile(subject: &Subject, answers: &[Answer]) -> Result<usize> {
    let stored = subject.postgres.texts("SELECT id FROM tickets WHERE title = 'chaos'").await?;
    let stored: HashSet<&str> = stored.iter().map(String::as_str).collect();
    let acknowledged: HashSet<&str> = answers.iter().filter_map(|answer| answer.ticket.as_deref()).collect();
    let lost = acknowledged.difference(&stored).count();
    let unknown = stored.difference(&acknowledged).count();
    say!("\n{} tickets acknowledged, {} stored, {lost} lost", acknowledged.len(), stored.len());
    say!("{unknown} stored without the client having heard of it");
    let asked = u64::try_from(answers.len())? + 1;
    let received = subject.ledger().await?.received();
    say!("{asked} requests sent, {received} received");
    Ok(lost)
}
