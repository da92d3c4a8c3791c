//! `bench desk load`: the load scenario of `load-tests`, more of it in less time, as its README says how.
//!
//! Stages keep their proportions and share the given minutes (`SCALE`); users and arrivals are multiplied
//! (`USERS`). The figures are held against the goals of a release, and what the generator sent against what
//! the desk received.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Pid;
use tempfile::TempDir;
use tokio::process::Command;

use super::exported::{Exported, TREND_STATS};
use super::subject::{Ledger, Programs, Subject};
use crate::bench::memory::Memory;
use crate::bench::statistics::Thousands;
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    programs: Programs,
    /// How long all stages together take
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Multiplies users and arrivals of the scenario
    #[arg(long, default_value_t = 3.0)]
    scale: f64,
}

/// What the stages of the scenario take as they are written.
const WHOLE_MINUTES: f64 = 16.0;

/// One line of the table of goals.
struct Goal {
    name: &'static str,
    measured: f64,
    unit: &'static str,
    target: Bound,
}

/// Where the target begins.
enum Bound {
    Below(f64),
    Above(f64),
}

impl Goal {
    fn is_met(&self) -> bool {
        match self.target {
            Bound::Below(limit) => self.measured < limit,
            Bound::Above(limit) => self.measured > limit,
        }
    }

    fn print(&self) {
        let (sign, limit) = match self.target {
            Bound::Below(limit) => ('<', limit),
            Bound::Above(limit) => ('>', limit),
        };
        let verdict = if self.is_met() { "met" } else { "not met" };
        say!("{:<12} {:>10.2} {:<4} {sign} {limit:<6} {verdict}", self.name, self.measured, self.unit);
    }
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let subject = Subject::start(workspace, &arguments.programs).await?;
    let folder = TempDir::new()?;
    let file = folder.path().join("summary.json");
    let Arguments { minutes, scale, .. } = arguments;
    say!(progress "the load scenario × {scale} in {minutes} min at {}", subject.url());
    let mut command = command(workspace, &subject, arguments, &file);
    let mut running = Running::spawn("plimsoll", &mut command)?;
    let (status, generator) = watch(&mut running, arguments).await?;
    let ledger = subject.ledger().await?;
    let desk = Memory::of(subject.pid()?)?;
    let exported = Exported::read(&file).with_context(|| format!("plimsoll ended with {status}"))?;
    print_routes(&ledger);
    say!("\nresident: plimsoll {} KB, insightdesk {} KB", kilobytes(generator), kilobytes(desk));
    let all_met = print_goals(&goals(&exported)?);
    let (sent, received) = (exported.count("http_reqs")?, ledger.received());
    let dropped = exported.count("dropped_iterations")?;
    say!("\nsent {sent}, received {received}, difference {}", i128::from(sent) - i128::from(received));
    let (unanswered, errors) = (ledger.unanswered(), ledger.server_errors());
    say!("unanswered {unanswered}, server errors {errors}, iterations dropped {dropped}");
    subject.stop().await?;
    ensure!(sent == received && unanswered == 0, "generator and desk do not agree");
    ensure!(all_met, "not every goal was met");
    ensure!(dropped == 0, "the generator did not keep to the scenario");
    ensure!(status.success(), "plimsoll ended with {status}");
    Ok(())
}

fn command(workspace: &Workspace, subject: &Subject, arguments: &Arguments, file: &Path) -> Command {
    let mut command = Command::new(&subject.plimsoll);
    command.args(["run", "--quiet", "--summary-trend-stats", TREND_STATS, "--summary-export"]).arg(file);
    let suite = workspace.root().join("load-tests");
    command.arg("--goals").arg(suite.join("goals/api.json")).arg(suite.join("scenarios/load.js"));
    command.env("BASE_URL", subject.url());
    command.env("SCALE", (arguments.minutes / WHOLE_MINUTES).to_string());
    command.env("USERS", arguments.scale.to_string());
    command.stdin(Stdio::null());
    command
}

/// Waits for the end and looks at the memory when two thirds are over, where the most users are.
async fn watch(running: &mut Running, arguments: &Arguments) -> Result<(ExitStatus, Memory)> {
    let pid: Pid = running.pid().context("plimsoll has ended")?;
    let most = std::time::Duration::from_secs_f64(arguments.minutes * 40.0);
    let memory = tokio::select! {
        status = running.wait() => anyhow::bail!("plimsoll ended early ({})", status?),
        () = tokio::time::sleep(most) => Memory::of(pid)?,
    };
    Ok((running.wait().await?, memory))
}

fn goals(exported: &Exported) -> Result<[Goal; 5]> {
    let duration = |name| exported.figure("http_req_duration", name);
    let goal = |name, measured, unit, target| Goal { name, measured, unit, target };
    Ok([
        goal("P50", duration("med")?, "ms", Bound::Below(50.0)),
        goal("P95", duration("p(95)")?, "ms", Bound::Below(200.0)),
        goal("P99", duration("p(99)")?, "ms", Bound::Below(500.0)),
        goal("errors", exported.figure("http_req_failed", "value")? * 100.0, "%", Bound::Below(0.1)),
        goal("requests", exported.figure("http_reqs", "rate")?, "/s", Bound::Above(1000.0)),
    ])
}

fn print_goals(goals: &[Goal]) -> bool {
    say!("");
    goals.iter().for_each(Goal::print);
    goals.iter().all(Goal::is_met)
}

fn print_routes(ledger: &Ledger) {
    say!(
        "\n{:<34} {:>10} {:>9} {:>9} {:>9}  statuses",
        "as the desk saw it",
        "received",
        "P50 ms",
        "P95",
        "P99"
    );
    for route in &ledger.routes {
        let [p50, p95, p99] = [route.latency.p50_us, route.latency.p95_us, route.latency.p99_us]
            .map(|us| format!("{:.2}", us as f64 / 1000.0));
        let statuses: Vec<_> =
            route.by_status.iter().map(|(code, count)| format!("{code}: {count}")).collect();
        let received = Thousands(route.received as f64);
        say!("{:<34} {received:>10} {p50:>9} {p95:>9} {p99:>9}  {}", route.name, statuses.join(", "));
    }
}

fn kilobytes(memory: Memory) -> Thousands {
    Thousands(memory.resident_kb as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_its_own_side_of_the_limit() {
        let goal = |measured, target| Goal { name: "x", measured, unit: "ms", target };
        assert!(goal(49.9, Bound::Below(50.0)).is_met() && !goal(50.0, Bound::Below(50.0)).is_met());
        assert!(goal(1000.1, Bound::Above(1000.0)).is_met() && !goal(1000.0, Bound::Above(1000.0)).is_met());
    }
}
