//! `bench throughput`: requests per second of one core, plimsoll beside its peers.
//!
//! The rounds are interleaved (each generator once, then all again), so that whatever else the machine is
//! doing meets all of them alike. Ratios are made from what the target counted, not from what the generators
//! say.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::cores::Cores;
use super::generator::{Generator, Load, script};
use super::statistics::{Spread, Thousands};
use super::target::Target;
use super::workload::Workload;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// What is asked for; several one after the other
    #[arg(long, value_enum, value_delimiter = ',', default_value = "plain")]
    workload: Vec<Workload>,
    /// Only plimsoll and these peers
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// How long each generator runs per round
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How often each generator runs
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Virtual users, or connections
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    vus: u32,
}

/// What one generator came to, round by round.
struct Series {
    generator: Generator,
    claimed: Vec<f64>,
    counted: Vec<f64>,
    /// It failed once: an old version, or not the program we took it for.
    is_left_out: bool,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let target = Target::start(&programs.target, cores.target).await?;
    let files = tempfile::tempdir().context("a folder for what generators send")?;
    Load::write_files(files.path())?;
    let Arguments { rounds, seconds, vus, .. } = arguments;
    say!(
        "{rounds} rounds of {seconds} s, {vus} connections, target on core {}, generator on core {}",
        cores.target,
        cores.generator
    );
    for &workload in &arguments.workload {
        let load = Load {
            workload,
            url: target.url_for(workload).await?,
            connections: arguments.vus,
            seconds: arguments.seconds,
            script: script(workspace, workload.script()),
            files: files.path().to_owned(),
        };
        let mut all = candidates(&programs.plimsoll, arguments, workload);
        for round in 1..=arguments.rounds {
            for series in all.iter_mut().filter(|series| !series.is_left_out) {
                let name = series.generator.name;
                say!(progress "{}: round {round} of {}: {name}", workload.name(), arguments.rounds);
                series.measure(&load, &target, cores).await?;
            }
        }
        print(workload, &all);
    }
    target.stop().await
}

/// The generators that can put on the load, and are asked to.
fn candidates(plimsoll: &Path, arguments: &Arguments, workload: Workload) -> Vec<Series> {
    let is_wanted = |generator: &Generator| {
        let peers = &arguments.peers;
        !generator.is_peer() || peers.is_empty() || peers.iter().any(|peer| peer == generator.name)
    };
    let generators = Generator::all(plimsoll).into_iter().filter(|generator| generator.can(workload));
    generators
        .filter(is_wanted)
        .map(|generator| Series { generator, claimed: vec![], counted: vec![], is_left_out: false })
        .collect()
}

impl Series {
    /// A peer that fails is left out; plimsoll is what this is about.
    async fn measure(&mut self, load: &Load, target: &Target, cores: Cores) -> Result<()> {
        match self.generator.measure(load, target, cores).await {
            Ok((claimed, counted)) => {
                self.claimed.push(claimed);
                self.counted.push(counted);
            }
            Err(error) if self.generator.is_peer() => {
                say!(progress "{} is left out: {error:#}", self.generator.name);
                self.is_left_out = true;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Generator {
    /// Requests per second, as the generator says and as the target counted.
    async fn measure(&self, load: &Load, target: &Target, cores: Cores) -> Result<(f64, f64)> {
        target.take_ledger().await?;
        let claimed = self.apply(load, cores.generator).await?;
        let counted = target.take_ledger().await?.rate();
        Ok((claimed, counted.with_context(|| format!("no request of {} arrived", self.name))?))
    }
}

fn print(workload: Workload, all: &[Series]) {
    let rows: Vec<(&str, Spread, Spread)> = all
        .iter()
        .filter(|series| !series.is_left_out)
        .filter_map(|series| {
            Some((series.generator.name, Spread::of(&series.claimed)?, Spread::of(&series.counted)?))
        })
        .collect();
    say!(
        "\n{:<10} {:>34}   {:>34}",
        workload.name(),
        "req/s as the target counted",
        "req/s as the generator says"
    );
    for (name, claimed, counted) in &rows {
        say!("{name:<10} {}   {}", columns(counted), columns(claimed));
    }
    let Some(((_, _, plimsoll), peers)) = rows.split_first() else { return };
    if let Some(bytes) = workload.body_bytes() {
        say!("plimsoll receives {:.0} MB/s of bodies", plimsoll.median * bytes as f64 / 1e6);
    }
    for (name, _, peer) in peers {
        say!("plimsoll/{name:<8} {:.2}", plimsoll.median / peer.median);
    }
}

/// Median, and the range in brackets; 34 characters wide.
fn columns(spread: &Spread) -> String {
    let range = format!("({} – {})", Thousands(spread.min), Thousands(spread.max));
    format!("{:>11} {range:>22}", Thousands(spread.median))
}
