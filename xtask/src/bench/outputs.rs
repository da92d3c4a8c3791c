//! `bench outputs`: what it costs in throughput to write every sample to a file, and whether all are there.
//!
//! Rounds are interleaved, as in `bench throughput`, and rates are those that the target counted. Each file
//! is read back: it has to hold as many `http_reqs` as the summary says.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::cores::Cores;
use super::generator::{Generator, script};
use super::statistics::{Spread, Thousands};
use super::summary::Summary;
use super::target::Target;
use super::workload::Workload;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

const PATIENCE: Duration = Duration::from_secs(120);

/// Outputs by the ending of their file; the first writes nothing and is what the others are compared with.
const OUTPUTS: [(&str, &str); 5] =
    [("none", ""), ("json", "json"), ("json", "json.gz"), ("json", "json.zst"), ("csv", "csv")];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// How long each run lasts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How often each output is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Virtual users
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    vus: u32,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let target = Target::start(&programs.target, cores.target).await?;
    let generator = Generator::plimsoll(&programs.plimsoll);
    let mut rates = vec![Vec::new(); OUTPUTS.len()];
    for round in 1..=arguments.rounds {
        say!(progress "round {round} of {}", arguments.rounds);
        for (output, rates) in OUTPUTS.iter().zip(&mut rates) {
            rates.push(measure(workspace, &generator, &target, arguments, *output).await?);
        }
    }
    print(&rates);
    target.stop().await
}

fn print(rates: &[Vec<f64>]) {
    say!("{:<10} {:>12} {:>10}", "output", "req/s", "x none");
    let medians: Vec<_> = rates.iter().filter_map(|rates| Spread::of(rates)).map(|s| s.median).collect();
    for ((_, ending), median) in OUTPUTS.iter().zip(&medians) {
        let name = if ending.is_empty() { "none" } else { ending };
        say!("{name:<10} {:>12} {:>10.2}", Thousands(*median), median / medians[0]);
    }
}

/// Requests per second with one output, none of whose samples are missing.
async fn measure(
    workspace: &Workspace,
    generator: &Generator,
    target: &Target,
    arguments: &Arguments,
    (output, ending): (&str, &str),
) -> Result<f64> {
    let folder = tempfile::tempdir().context("a folder for what is written")?;
    let file = folder.path().join(format!("samples.{ending}"));
    let mut command = generator
        .script(&script(workspace, Workload::Plain.script()), &target.url_for(Workload::Plain).await?);
    command.args(["--vus", &arguments.vus.to_string(), "--duration", &format!("{}s", arguments.seconds)]);
    if !ending.is_empty() {
        command.arg("--out").arg(format!("{output}={}", file.display()));
    }
    target.take_ledger().await?;
    let limit = Duration::from_secs(arguments.seconds.into()) + PATIENCE;
    // All cores are the generator's, as they are for whoever uses an output: it has a thread of its own.
    let summary = Summary(generator.run(&mut command, None, limit).await?);
    let rate = target.take_ledger().await?.rate().context("no request arrived")?;
    let counted = summary.value("http_reqs").context("no http_reqs in the summary")?;
    if matches!(ending, "json" | "csv") {
        let written = count(&file)?;
        ensure!(written as f64 == counted, "{written} of {counted} requests are in the file");
    }
    Ok(rate)
}

/// The lines of requests in a file.
fn count(file: &Path) -> Result<usize> {
    let lines = BufReader::new(File::open(file).with_context(|| file.display().to_string())?).lines();
    let is_request =
        |line: &String| line.starts_with("{\"metric\":\"http_reqs\"") || line.starts_with("http_reqs,");
    let mut requests = 0;
    for line in lines {
        requests += usize::from(is_request(&line?));
    }
    Ok(requests)
}
