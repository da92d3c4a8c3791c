//! `bench json`: parsing and reading 100 KB of JSON in a script, beside the same file in Node.js.
//!
//! Node's engine compiles to machine code and the script engine here does not: the ratio is what that costs
//! where scripts feel it most.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use super::cores::{Cores, pinned};
use super::generator::{Generator, script};
use super::statistics::Spread;
use super::{Programs, Subject};
use crate::process::Running;
use crate::say::say;
use crate::workspace::Workspace;

const LIMIT: Duration = Duration::from_secs(120);

/// What the script measures, as it names it.
const PARTS: [&str; 4] = ["parse", "parse+read", "parse+walk", "stringify"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How often each engine runs the script
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let core = Cores::pick()?.generator;
    let script = script(workspace, "json.js");
    let (mut ours, mut node) = (Vec::new(), Vec::new());
    for round in 1..=arguments.rounds {
        say!(progress "round {round} of {}", arguments.rounds);
        let mut command = Generator::plimsoll(&programs.plimsoll).script(&script, "");
        command.args(["--log-output", "stdout", "--log-format", "raw"]);
        ours.push(measure("plimsoll", &mut command, core).await?);
        node.push(measure("node", &mut node_command(&script), core).await?);
    }
    say!("{:<12} {:>14} {:>14} {:>14}", "", "plimsoll ms", "node ms", "x node's speed");
    for (index, part) in PARTS.iter().enumerate() {
        let median = |runs: &[Vec<f64>]| {
            Spread::of(&runs.iter().map(|run| run[index]).collect::<Vec<_>>()).map(|spread| spread.median)
        };
        if let Some((ours, node)) = median(&ours).zip(median(&node)) {
            say!("{part:<12} {ours:>14.3} {node:>14.3} {:>14.2}", node / ours);
        }
    }
    Ok(())
}

fn node_command(script: &Path) -> Command {
    let mut command = Command::new("node");
    command.args(["--input-type=module", "--eval"]);
    command.arg(format!("await import({:?})", format!("file://{}", script.display())));
    command.arg("--experimental-default-type=module");
    command
}

/// The milliseconds of each of [`PARTS`].
async fn measure(name: &str, command: &mut Command, core: usize) -> Result<Vec<f64>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = pinned(core, || Running::spawn(name, command))?;
    let captured = tokio::time::timeout(LIMIT, running.capture()).await;
    let captured = captured.with_context(|| format!("{name} did not end within {LIMIT:?}"))??;
    ensure!(captured.status.success(), "{name} failed:\n{}{}", captured.stdout, captured.stderr);
    let figure =
        |part| figure(&captured.stdout, part).with_context(|| format!("no {part} in {}", captured.stdout));
    PARTS.into_iter().map(figure).collect()
}

fn figure(output: &str, part: &str) -> Option<f64> {
    let value = |word: &str| word.strip_prefix(part)?.strip_prefix('=')?.parse().ok();
    output.split_whitespace().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_by_their_whole_name() {
        let output = "parse=0.7500 parse+read=0.8 parse+walk=x\n";
        assert_eq!(figure(output, "parse"), Some(0.75));
        assert_eq!(figure(output, "parse+read"), Some(0.8));
        assert_eq!(figure(output, "parse+walk"), None);
    }
}
