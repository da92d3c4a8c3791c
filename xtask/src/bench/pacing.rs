//! `bench pacing`: whether a constant arrival rate is reached, and how late its iterations start.
//!
//! The generator has one core and the target another. The rounds are interleaved: each rate once, then all
//! again. What the target counted stands beside what the generator says.

use anyhow::{Context as _, Result};

use super::arrivals::{Arrivals, Ran};
use super::cores::Cores;
use super::generator::Generator;
use super::statistics::{Spread, Thousands};
use super::target::Target;
use super::{Programs, Subject};
use crate::say::say;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    subject: Subject,
    /// Iterations per second
    #[arg(long, value_delimiter = ',', default_values_t = [2_000, 10_000, 40_000])]
    rates: Vec<u32>,
    /// How long each run lasts
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How often each rate is run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Virtual users, all made before the run
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    vus: u32,
    /// Measure k6 too, if it is on PATH
    #[arg(long)]
    peers: bool,
}

/// The figures of one rate and one generator, round by round.
#[derive(Default)]
struct Figures {
    reached: Vec<f64>,
    dropped: Vec<f64>,
    /// In milliseconds: median, 99th percentile, maximum. Empty where it is not measured.
    lateness: [Vec<f64>; 3],
    duration_p99: Vec<f64>,
    answer_p99: Vec<f64>,
    cpu: Vec<f64>,
}

pub(crate) async fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let programs = Programs::build(workspace, &arguments.subject).await?;
    let cores = Cores::pick()?;
    let target = Target::start(&programs.target, cores.target).await?;
    let generators = match arguments.peers {
        true => Generator::scriptable(&programs.plimsoll),
        false => vec![Generator::plimsoll(&programs.plimsoll)],
    };
    let cases: Vec<_> =
        arguments.rates.iter().flat_map(|rate| generators.iter().map(move |peer| (*rate, peer))).collect();
    let mut all: Vec<Figures> = cases.iter().map(|_| Figures::default()).collect();
    let Arguments { seconds, rounds, vus, .. } = *arguments;
    for round in 1..=rounds {
        for ((rate, generator), figures) in cases.iter().zip(&mut all) {
            say!(progress "round {round} of {rounds}: {} at {rate}/s", generator.name);
            let load = Arrivals { rate: *rate, seconds, pre_allocated_vus: vus, max_vus: vus };
            let core = Some(cores.generator);
            let ran = load.apply(workspace, generator, &target, core, async { Ok(()) }).await?;
            figures.add(&ran)?;
        }
    }
    target.stop().await?;
    let Cores { target, generator } = cores;
    say!(
        "medians of {rounds} rounds of {seconds} s, {vus} VUs; cores: target {target}, generator {generator}"
    );
    say!("times in ms; 'target' is from a request read to its answer written, as the target measured it\n");
    print(&cases, &all);
    Ok(())
}

impl Figures {
    fn add(&mut self, ran: &Ran) -> Result<()> {
        self.reached.push(ran.ledger.rate().context("no request arrived")?);
        self.dropped.push(ran.dropped());
        for (stat, values) in ["med", "p(99)", "max"].iter().zip(&mut self.lateness) {
            values.extend(ran.summary.trend_ms("iteration_lateness", stat));
        }
        self.duration_p99.push(ran.p99_ms("http_req_duration")?);
        self.answer_p99.push(ran.ledger.answer_p99_ms());
        self.cpu.push(ran.cpu);
        Ok(())
    }
}

fn print(cases: &[(u32, &Generator)], all: &[Figures]) {
    say!(
        "{:<9} {:>7} {:>9} {:>7} {:>9}   {:>8} {:>8} {:>8}   {:>9} {:>9} {:>6}",
        "",
        "rate/s",
        "reached",
        "off by",
        "dropped",
        "late p50",
        "late p99",
        "late max",
        "req p99",
        "target",
        "CPU"
    );
    for ((rate, generator), figures) in cases.iter().zip(all) {
        let reached = median(&figures.reached);
        let off = reached.map(|reached| (reached / f64::from(*rate) - 1.0) * 100.0);
        let [middle, late, latest] = figures.lateness.each_ref().map(|values| figure(median(values), 3));
        say!(
            "{:<9} {:>7} {:>9} {:>6}% {:>9}   {middle:>8} {late:>8} {latest:>8}   {:>9} {:>9} {:>5}%",
            generator.name,
            Thousands(f64::from(*rate)),
            Thousands(reached.unwrap_or(0.0)),
            figure(off, 2),
            Thousands(median(&figures.dropped).unwrap_or(0.0)),
            figure(median(&figures.duration_p99), 3),
            figure(median(&figures.answer_p99), 3),
            figure(median(&figures.cpu).map(|cpu| cpu * 100.0), 0),
        );
    }
}

fn median(values: &[f64]) -> Option<f64> {
    Spread::of(values).map(|spread| spread.median)
}

fn figure(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}
